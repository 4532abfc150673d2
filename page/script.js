// What a click does on the conversation's page: sources open in the panel, answers are copied, heard, rated, asked again.
// What the visitor has chosen (where to look, which turn is edited) is kept here and sent with the question.
(() => {
  "use strict";
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const say = (text) => { const said = one("#said"); if (said) said.textContent = text; };
  const tiaomu = window.tiaomu ||= {};    // `ask` is set by Gradio, before or after this
  const box = () => one("#question textarea");
  const language = () => panel()?.dataset.lang?.slice(0, 2) || "zh";

  // The source panel ---------------------------------------------------------------------------------------------

  const panel = () => one("#panel");
  let opener = null;

  function name(aside, title, line) {
    one(".what b", aside).textContent = title;
    one(".what span", aside).textContent = line;
  }

  async function open(link) {
    const aside = panel(), body = one(".body", aside);
    const address = new URL(link.href);
    opener = link;
    for (const other of all("[data-source][aria-current]")) other.removeAttribute("aria-current");
    link.setAttribute("aria-current", "true");
    one(".alone", aside).href = address.href;
    aside.hidden = false;
    document.body.classList.add("with-panel");
    name(aside, aside.dataset.panel, "");
    body.textContent = aside.dataset.loading;
    body.focus({ preventScroll: true });
    const wanted = new URL(address);
    wanted.hash = "";
    wanted.searchParams.set("part", "1");
    try {
      const reply = await fetch(wanted, { credentials: "same-origin" });
      const html = await reply.text();
      if (opener !== link) return;
      if (!reply.ok && reply.status !== 404) throw new Error(String(reply.status));
      body.innerHTML = html;              // escaped by the server, to the last character
      body.scrollTop = 0;
      name(aside, one("h1", body).textContent, one(".document", body).dataset.line || "");
      window.arrived(aside);
      const mark = one("mark", body);
      if (mark) {
        const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
        const top = mark.getBoundingClientRect().top - body.getBoundingClientRect().top - body.clientHeight / 4;
        body.scrollTo({ top, behavior: still ? "instant" : "smooth" });
      }
    } catch {
      if (opener === link) body.textContent = aside.dataset.failed;
    }
  }

  function close() {
    const aside = panel();
    if (!aside || aside.hidden) return;
    aside.hidden = true;
    document.body.classList.remove("with-panel");
    one("[data-source][aria-current]")?.removeAttribute("aria-current");
    if (opener?.isConnected) opener.focus({ preventScroll: true });
    opener = null;
  }

  // Where to look: in the address, so that it is kept with the page and can be handed on ---------------------------

  const FIELDS = { region: "regions", year: "years", type: "types", document: "documents", status: "status" };
  const names = new Map();                // of documents, once the form has been read

  const chosen = () => [...new URLSearchParams(location.search)].filter(([field]) => field in FIELDS);

  function choose(field, value, on) {
    const address = new URL(location.href);
    const kept = address.searchParams.getAll(field).filter((each) => each !== value);
    address.searchParams.delete(field);
    for (const each of on ? [...kept, value] : kept) address.searchParams.append(field, each);
    history.replaceState(history.state, "", address);
    showScope();
  }

  function showScope() {
    const list = one("[data-chosen]");
    if (!list) return;
    list.replaceChildren(...chosen().map(([field, value]) => {
      const item = document.createElement("li"), button = document.createElement("button");
      const ticked = all(`[data-scope] input[name="${field}"]`).find((each) => each.value === value);
      const label = field === "document" || field === "status" ? names.get(`${field} ${value}`) || value : value;
      button.type = "button";
      button.className = "chosen";
      button.textContent = label;
      button.setAttribute("aria-label", `${list.dataset.remove} ${label}`);
      button.addEventListener("click", () => { choose(field, value, false); (one(".chosen") || box())?.focus(); });
      if (ticked) ticked.checked = true;
      item.append(button);
      return item;
    }));
    for (const each of all("[data-scope] input[type=checkbox]")) each.checked = chosen().some(([f, v]) => f === each.name && v === each.value);
    for (const link of all("[data-new], [data-switch]")) {     // a new conversation, another language: the same scope
      const address = new URL(link.getAttribute("href"), location.href);
      for (const field of Object.keys(FIELDS)) address.searchParams.delete(field);
      for (const [field, value] of chosen()) address.searchParams.append(field, value);
      link.href = address.pathname + address.search;
    }
  }

  tiaomu.sent = () => {
    const told = {};
    for (const [field, value] of chosen()) (told[FIELDS[field]] ||= []).push(field === "year" ? Number(value) : value);
    if (editing) told.turn = editing;
    edit(null);
    return JSON.stringify(told);
  };

  // The drawer ---------------------------------------------------------------------------------------------------

  const drawer = () => one("#drawer");
  async function fill(element, address) {
    try {
      const reply = await fetch(address, { credentials: "same-origin" });
      if (!reply.ok) throw new Error(String(reply.status));
      element.innerHTML = await reply.text();   // escaped by the server
    } catch {
      element.textContent = panel().dataset.failed;
    }
  }
  async function openDrawer() {
    drawer().showModal();
    remember();
    const form = one("#scope-form");
    if (one("form", form)) return;
    await fill(form, `/scope?lang=${language()}`);
    for (const each of all("input[type=checkbox]", form)) names.set(`${each.name} ${each.value}`, each.nextElementSibling.textContent);
    showScope();
  }
  function remember() {
    const wanted = one("[data-search]").value.trim();
    fill(one("#history [data-list]"), `/history?lang=${language()}&q=${encodeURIComponent(wanted)}`);
  }
  function find(field) {
    const wanted = field.value.trim().toLowerCase();
    for (const label of all(".choice", field.closest("fieldset"))) label.hidden = !label.textContent.toLowerCase().includes(wanted);
  }

  // Turns: copied, heard, edited, asked again, rated ----------------------------------------------------------------

  let editing = null;
  function edit(turn) {
    editing = turn;
    const line = one(".editing");
    if (!line) return;
    line.hidden = !turn;
    one("span", line).textContent = turn ? one("span", line).dataset.template.replace("{n}", turn) : "";
  }
  function write(text) {                  // as Gradio's box takes it: by an event of its own
    const field = box();
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  }

  async function copy(button) {
    const label = button.textContent, words = panel().dataset;
    button.textContent = await window.copied(button.dataset.copy) ? words.copied : words.uncopied;
    say(button.textContent);
    setTimeout(() => { button.textContent = label; }, 2000);
  }

  function speak(button) {
    const was = button.getAttribute("aria-pressed") === "true";
    speechSynthesis.cancel();
    if (was) return;
    const text = one(".text", button.closest(".turn")).cloneNode(true);
    for (const chip of all(".chip", text)) chip.remove();
    const label = button.textContent, said = new SpeechSynthesisUtterance(all("p, td", text).map((p) => p.textContent).join("\n"));
    said.lang = "zh-CN";
    said.rate = 0.95;
    said.onend = said.onerror = () => { button.setAttribute("aria-pressed", "false"); button.textContent = label; };
    button.setAttribute("aria-pressed", "true");
    button.textContent = button.dataset.stop;
    speechSynthesis.speak(said);
  }

  async function rate(turn, rating, reason = "", correction = "") {
    const words = panel().dataset;
    const body = JSON.stringify({ conversation: turn.dataset.conversation, number: Number(turn.dataset.number), rating, reason, correction });
    let done = false;
    try {
      const reply = await fetch("/feedback", { method: "POST", body, headers: { "content-type": "application/json" }, credentials: "same-origin" });
      done = reply.ok;
    } catch { /* told below */ }
    if (done) for (const each of all("[data-rate]", turn)) each.setAttribute("aria-pressed", String(each.dataset.rate === rating));
    say(done ? words.thanks : words.unrated);
    const told = one(".told", turn) || turn.appendChild(Object.assign(document.createElement("p"), { className: "told" }));
    told.textContent = done ? words.thanks : words.unrated;
    held = all("#now .turn").map((each) => each.cloneNode(true));
  }
  function rated(button) {
    const turn = button.closest(".turn"), rating = button.dataset.rate;
    one(".rating", turn)?.remove();
    if (button.getAttribute("aria-pressed") === "true") { rate(turn, "none"); return; }
    if (rating === "up") { rate(turn, rating); return; }
    const form = one("#rating").content.cloneNode(true).firstElementChild;
    turn.append(form);
    one("input", form).focus();
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const given = new FormData(form);
      form.remove();
      rate(turn, rating, String(given.get("reason") || ""), String(given.get("correction") || ""));
      button.focus();
    });
    one("[data-unrate]", form).addEventListener("click", () => { form.remove(); button.focus(); });
  }

  // The history: what is deleted is asked about once more, on the button itself.
  async function forget(button) {
    if (button.dataset.sure === undefined) {
      button.dataset.sure = "";
      button.textContent = panel().dataset.sure;
      return;
    }
    const id = button.dataset.delete;
    await fetch(id ? `/history/${encodeURIComponent(id)}` : "/history", { method: "DELETE", credentials: "same-origin" }).catch(() => null);
    if (!id || id === new URLSearchParams(location.search).get("c")) {   // what is on the screen is no longer there
      location.assign(one("#top [data-new]").href);
      return;
    }
    remember();
    one("[data-search]").focus();
  }
  async function more(button) {
    const part = document.createElement("div");
    await fill(part, button.dataset.more);
    button.replaceWith(part);
    one("a", part)?.focus();
  }

  // Events -------------------------------------------------------------------------------------------------------

  const CLICKS = {
    "[data-close]": close,
    "[data-copy]": copy,
    "[data-speak]": speak,
    "[data-rate]": rated,
    "[data-delete]": forget,
    "[data-delete-all]": forget,
    "[data-more]": more,
    "[data-drawer]": openDrawer,
    "[data-undrawer]": () => drawer().close(),
    "[data-everywhere]": () => { for (const [field, value] of chosen()) choose(field, value, false); },
    "[data-unedit]": () => { edit(null); write(""); },
    "[data-ask]": (button) => tiaomu.ask?.(button.dataset.ask),
    "[data-again]": (button) => {
      const turn = button.closest(".turn");
      edit(Number(turn.dataset.number));
      tiaomu.ask?.(one("[data-question]", turn).textContent);
    },
    "[data-edit]": (button) => {
      const turn = button.closest(".turn");
      edit(Number(turn.dataset.number));
      write(one("[data-question]", turn).textContent);
    },
    "[data-skip]": () => box()?.focus(),
  };
  document.addEventListener("click", (event) => {
    const source = event.target.closest("[data-source]");
    if (source && panel() && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
      event.preventDefault();
      open(source);
      return;
    }
    for (const [selector, act] of Object.entries(CLICKS)) {
      const found = event.target.closest(selector);
      if (!found) continue;
      if (found.matches("a")) event.preventDefault();
      act(found);
      return;
    }
  });
  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-search]")) remember();
    else if (event.target.matches("[data-find]")) find(event.target);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-scope] input[type=checkbox]")) choose(event.target.name, event.target.value, event.target.checked);
  });
  document.addEventListener("submit", (event) => { if (event.target.matches("[data-scope]")) event.preventDefault(); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !drawer()?.open) close();
    if (event.key === "Enter" && event.isComposing) event.stopPropagation();   // the Enter that picks a character
  }, true);

  // What has changed: earlier turns kept on the screen, the last question in view, a word when the answer is there ----

  let held = [], told = "", hinted;
  const number = (turn) => Number(turn.dataset.number);

  // The server sends the last turn alone, so that an answer costs the same after a hundred questions; those before it
  // are moved here.
  function keep(turns) {
    const earlier = one("#earlier"), first = turns.length ? number(turns[0]) : Infinity;
    if (!earlier || !turns.length) return;
    const complete = held.filter((turn) => number(turn) < first && !one(`#turn-${number(turn)}`, earlier));
    for (const turn of complete) { turn.removeAttribute("style"); earlier.append(turn); }
    for (const turn of all(".turn", earlier)) if (number(turn) >= first) turn.remove();
    held = turns.map((turn) => turn.cloneNode(true));
  }

  function changed() {
    const turns = all("#now .turn"), last = turns[turns.length - 1];
    const isNew = last && !(held.some((turn) => number(turn) === number(last)));
    keep(turns);
    document.body.classList.toggle("asked", Boolean(last));
    if (isNew) last.scrollIntoView({ block: "start" });
    const hint = one("#hint .fault");
    if (hint && hint.textContent !== hinted) hint.scrollIntoView({ block: "end" });
    hinted = hint?.textContent;
    const ready = last?.dataset.ready || "";
    document.body.classList.toggle("busy", Boolean(last) && !ready);
    const news = ready && `${last.dataset.number} ${ready}`;
    if (news && news !== told) say(ready);
    told = news;
    const conversation = last?.dataset.conversation, address = new URL(location.href);
    if (conversation && address.searchParams.get("c") !== conversation) {
      address.searchParams.set("c", conversation);
      history.replaceState(history.state, "", address);
    }
  }
  const sizes = new ResizeObserver(([composer]) => {
    document.documentElement.style.setProperty("--composer", `${composer.target.offsetHeight}px`);
  });
  function begin() {                      // Gradio draws its page some time after the document is there
    const words = panel()?.dataset, now = one("#now"), composer = one("#composer");
    if (!words || !now || !composer || !one("[data-chosen]")) return false;
    document.documentElement.lang = words.lang;
    sizes.observe(composer);
    if (!("speechSynthesis" in window)) document.body.classList.add("mute");
    const seen = { childList: true, subtree: true, attributes: true, attributeFilter: ["data-ready"] };
    new MutationObserver(changed).observe(now, seen);
    const hint = one("#hint");
    if (hint) new MutationObserver(changed).observe(hint, seen);
    showScope();
    changed();
    return true;
  }
  function watch() {
    if (begin()) return;
    const waiting = new MutationObserver(() => { if (begin()) waiting.disconnect(); });
    waiting.observe(document.documentElement, { childList: true, subtree: true });
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", watch); else watch();
})();
