// The documents page: finds, sorts and pages the list, opens outlines, sends files and shows what becomes of them.
// All words come from the server. HTML that comes from there is escaped there; what is written here is written as text.
(() => {
  "use strict";
  const one = (selector, within = document) => within.querySelector(selector);
  const fill = (text, facts) => text.replace(/\{(\w+)\}/g, (all, name) => facts[name] ?? all);
  let words;

  function made(tag, facts, text = "") {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(facts)) element.setAttribute(name, value);
    element.textContent = text;
    return element;
  }

  // The list -----------------------------------------------------------------------------------------------------

  const PORTION = 100;
  let most = PORTION;

  let collator;
  const orders = {
    title: (a, b) => collator.compare(a.dataset.title, b.dataset.title),
    day: (a, b) => Number(b.dataset.day > a.dataset.day) - Number(a.dataset.day > b.dataset.day),
    clauses: (a, b) => b.dataset.clauses - a.dataset.clauses,
  };

  function sort() {
    const list = one("#documents"), rows = [...list.children];
    list.append(...rows.sort(orders[one("#sort").value]));
    show();
  }

  function show() {
    const text = one("#filter").value.trim(), terms = text.toLowerCase().split(/\s+/);
    let n = 0;
    for (const row of one("#documents").children) {
      const fits = terms.every((term) => row.dataset.find.includes(term));
      if (fits) n += 1;
      row.hidden = !fits || n > most;
    }
    one("#shown").textContent = !text ? "" : n ? fill(words.shown, { n }) : fill(words.unmatched, { text });
    const more = one("#more");
    more.hidden = n <= most;
    more.textContent = fill(words.more, { n: Math.min(PORTION, n - most) });
  }

  function showMore() {
    const before = most;
    most += PORTION;
    show();
    [...one("#documents").children].filter((row) => !row.hidden)[before]?.querySelector("a").focus();
  }

  async function relist() {
    const reply = await fetch(`/documents?part=list&lang=${words.lang}`);
    if (!reply.ok) return;
    const fresh = document.createElement("template");
    fresh.innerHTML = await reply.text();
    for (const name of [".scope", "#documents"]) one(name, one("#listing")).replaceWith(one(name, fresh.content));
    sort();
    relink();
  }

  // A line leads to what came with it as long as that is there; an undo may bring it back.
  function relink() {
    const held = new Set([...one("#documents").children].map((row) => row.dataset.document));
    for (const links of document.querySelectorAll("#lines .links")) {
      const all = [...links.querySelectorAll("a")];
      for (const link of all) link.hidden = !held.has(link.dataset.document);
      one("span", links)?.remove();
      if (all.some((link) => link.hidden)) links.append(made("span", {}, words.since));
    }
  }

  async function openOutline(details) {
    if (!details.open || details.dataset.read) return;
    const place = one(".outline", details);
    details.dataset.read = "true";
    place.textContent = words.loading;
    try {
      const reply = await fetch(details.dataset.outline);
      if (!reply.ok) throw new Error(String(reply.status));
      place.innerHTML = await reply.text();
    } catch {
      delete details.dataset.read;
      place.textContent = words.failed;
    }
  }

  // Changes: a line for each, from its upload to its end ---------------------------------------------------------

  const awaited = new Map();
  let timer = 0, asking = false;

  function line(name) {
    const li = made("li", { class: "line", tabindex: "-1", "data-stage": "queued" });
    li.append(
      made("b", {}, name),
      made("span", { class: "state" }, words.queued),
      made("progress", { max: "1", "aria-label": fill(words.progress, { name }) }),
      made("ul", { class: "notes" }),
      made("span", { class: "links" }),
    );
    one("#lines").prepend(li);
    return li;
  }

  function tell(li, { stage, text, value = null, more = [], links = [] }) {
    const bar = one("progress", li);
    li.dataset.stage = stage;
    if (one(".state", li).textContent !== text) one(".state", li).textContent = text;
    if (value === null) bar.removeAttribute("value"); else bar.value = value;
    bar.hidden = stage === "done" || stage === "failed";
    one(".notes", li).replaceChildren(...more.map((note) => made("li", {}, note)));
    one(".links", li).replaceChildren(...links.map((link) => made("a", { href: link.href, "data-document": link.document }, link.text)));
  }

  const news = (li) => `${one("b", li).textContent}: ${one(".state", li).textContent}`;
  const say = (text) => { one("#said").textContent = text; };

  function fail(li, text) {
    tell(li, { stage: "failed", text });
    say(news(li));
  }

  function awaitChange(key, li) {
    awaited.set(key, li);
    clearTimeout(timer);
    timer = setTimeout(poll, 100);
  }

  async function poll() {
    clearTimeout(timer);
    if (asking) return;
    asking = true;
    const after = Math.min(...awaited.keys());
    let pause = 500, ended = [], busy = false;
    try {
      const reply = await fetch(`/documents/state?lang=${words.lang}&after=${Number.isFinite(after) ? after : 0}`);
      if (!reply.ok) throw new Error(String(reply.status));
      const found = await reply.json();
      ({ busy } = found);
      ended = take(found.lines);
      one("#undo").innerHTML = found.undo;
      if (ended.length) say(ended.map(news).join(" "));
      if (ended.length) await relist();
    } catch {
      pause = 2000;                       // the program may be starting anew
    }
    asking = false;
    if (busy || awaited.size) timer = setTimeout(poll, pause);
  }

  // Shows how far changes are, also those begun before the page was opened; gives the lines that have come to an end.
  function take(lines) {
    const ended = [], told = new Set(lines.map((found) => Number(found.key)));
    for (const [key, li] of awaited) {
      if (told.has(key)) continue;        // the program has started anew and knows nothing of it
      awaited.delete(key);
      tell(li, { stage: "failed", text: words.broken });
      ended.push(li);
    }
    for (const found of lines) {
      const settled = found.stage === "done" || found.stage === "failed", key = Number(found.key);
      if (!awaited.has(key) && settled) continue;
      if (!awaited.has(key)) awaited.set(key, line(found.name));
      const li = awaited.get(key);
      tell(li, found);
      if (settled) {
        awaited.delete(key);
        ended.push(li);
      }
    }
    return ended;
  }

  // Files --------------------------------------------------------------------------------------------------------

  const waiting = [];
  let sending = 0;

  function add(files) {
    for (const file of [...files].reverse()) {
      const li = line(file.name), size = Math.ceil(file.size / 2 ** 20);
      const ending = /\.[^.]*$/.exec(file.name)?.[0].toLowerCase() ?? file.name;
      if (!words.formats.split(" ").includes(ending)) fail(li, fill(words.unknown, { format: ending }));
      else if (size > Number(words.limit)) fail(li, fill(words.large, { size }));
      else if (!file.size) fail(li, words.empty);
      else waiting.unshift([file, li]);
    }
    next();
  }

  function next() {
    while (sending < 2 && waiting.length) send(...waiting.shift());
  }

  function send(file, li) {
    const request = new XMLHttpRequest();     // fetch does not tell how much has been sent
    const name = encodeURIComponent(file.name.replace(/[\p{Surrogate}\p{Cc}]/gu, "_"));
    sending += 1;
    request.open("PUT", `/documents/files/${name}?lang=${words.lang}`);
    request.responseType = "json";
    const sent = (done) => tell(li, { stage: "uploading", text: fill(words.uploading, { percent: Math.floor(100 * done) }), value: done });
    sent(0);
    request.upload.onprogress = (event) => { if (event.lengthComputable && event.loaded < event.total) sent(event.loaded / event.total); };
    request.onloadend = () => {
      sending -= 1;
      const { status, response } = request;
      if (status === 202) {
        tell(li, { stage: "queued", text: words.queued });
        awaitChange(response.key, li);
      } else if (status === 413) {
        fail(li, fill(words.large, { size: Math.ceil(file.size / 2 ** 20) }));
      } else {
        fail(li, response?.error || words.broken);
      }
      next();
    };
    request.send(file);
  }

  // What is confirmed first --------------------------------------------------------------------------------------

  let act = null;

  function confirm(button) {
    const dialog = one("#confirm"), { title, text, points = "", yes } = button.dataset;
    one("h2", dialog).textContent = title;
    one("p", dialog).textContent = text;
    one("ul", dialog).replaceChildren(...points.split("\n").filter(Boolean).map((point) => made("li", {}, point)));
    one("[data-confirm]", dialog).textContent = yes;
    act = { post: button.dataset.post, delete: button.dataset.delete, name: button.ariaLabel || button.textContent };
    dialog.showModal();
    one("[data-cancel]", dialog).focus();
  }

  async function confirmed() {
    one("#confirm").close();
    const li = line(act.name);
    li.focus();
    li.scrollIntoView({ block: "nearest" });
    try {
      const address = `${act.delete || act.post}&lang=${words.lang}`;
      const reply = await fetch(address, { method: act.delete ? "DELETE" : "POST" });
      const found = await reply.json();
      if (reply.ok) awaitChange(found.key, li); else fail(li, found.error);
    } catch {
      fail(li, words.broken);
    }
  }

  // Events -------------------------------------------------------------------------------------------------------

  function click(event) {
    const on = (selector) => event.target.closest(selector);
    if (on("[data-title][data-text]")) confirm(on("[data-title][data-text]"));
    else if (on("button[data-cancel]")) one("#confirm").close();
    else if (on("button[data-confirm]")) confirmed();
    else if (on("#more")) showMore();
  }

  function receive() {
    const carries = (event) => event.dataTransfer?.types.includes("Files");
    const over = (is) => one("#drop").classList.toggle("over", is);
    document.addEventListener("dragover", (event) => { if (carries(event)) { event.preventDefault(); over(true); } });
    document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) over(false); });
    document.addEventListener("drop", (event) => {
      if (!carries(event)) return;
      event.preventDefault();             // a file that misses the field must not take the page's place
      over(false);
      add(event.dataTransfer.files);
    });
    one("#files").addEventListener("change", ({ target }) => { add(target.files); target.value = ""; });
    window.addEventListener("beforeunload", (event) => { if (sending) event.preventDefault(); });
    document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });
    poll();
  }

  words = one(".shelf").dataset;
  collator = new Intl.Collator(words.lang, { numeric: true });     // made once: a thousand titles are compared in no time
  document.addEventListener("click", click);
  document.addEventListener("toggle", ({ target }) => { if (target.matches("[data-outline]")) openOutline(target); }, true);
  document.addEventListener("input", ({ target }) => { if (target.id === "filter") { most = PORTION; show(); } });
  document.addEventListener("change", ({ target }) => { if (target.id === "sort") sort(); });
  sort();
  if (one("#drop")) receive();
})();
