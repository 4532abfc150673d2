// The drawer: where to look, kept in the page's address, and what was asked before.
(() => {
  "use strict";
  const tiaomu = window.tiaomu, { one, all, words, on } = tiaomu;
  const drawer = () => one("#drawer");

  // Where to look ------------------------------------------------------------------------------------------------

  const FIELDS = new Map([["region", "regions"], ["year", "years"], ["type", "types"], ["document", "documents"], ["status", "status"]]);
  const names = new Map();                // what is shown of a choice, once the form has been read

  const chosen = () => [...new URLSearchParams(location.search)]
    .filter(([field, value]) => FIELDS.has(field) && (field !== "year" || /^\d{4}$/.test(value)));

  function chose(choices) {
    const address = new URL(location.href);
    for (const field of FIELDS.keys()) address.searchParams.delete(field);
    for (const [field, value] of choices) address.searchParams.append(field, value);
    history.replaceState(history.state, "", address);
    show();
    count();
  }
  const choose = (field, value, isOn) => {
    const others = chosen().filter(([f, v]) => f !== field || v !== value);
    chose(isOn ? [...others, [field, value]] : others);
  };

  function show() {
    const list = one("[data-chosen]"), choices = chosen(), held = new Set(choices.map((one) => one.join(" ")));
    list.replaceChildren(...choices.map(([field, value]) => {
      const item = document.createElement("li"), button = document.createElement("button");
      button.type = "button";
      button.className = "chosen";
      button.append(Object.assign(document.createElement("span"), { textContent: names.get(`${field} ${value}`) || value }));
      button.setAttribute("aria-label", `${list.dataset.remove} ${button.textContent}`);
      button.addEventListener("click", () => { choose(field, value, false); (one(".chosen") || tiaomu.box())?.focus(); });
      item.append(button);
      return item;
    }));
    document.body.classList.toggle("scoped", choices.length > 0);
    for (const each of all("[data-scope] input[type=checkbox]")) {
      each.checked = held.has(`${each.name} ${each.value}`);
      if (each.checked) each.disabled = false;                 // to be taken back
    }
    for (const link of all("[data-new], [data-switch]")) {     // a new conversation, another language: the same scope
      const address = new URL(link.getAttribute("href"), location.href);
      for (const field of FIELDS.keys()) address.searchParams.delete(field);
      for (const [field, value] of choices) address.searchParams.append(field, value);
      const conversation = new URLSearchParams(location.search).get("c");
      if (link.matches("[data-switch]") && conversation) address.searchParams.set("c", conversation);
      link.href = address.pathname + address.search;
    }
  }
  tiaomu.showScope = async () => {
    show();
    if (chosen().some(([field]) => field === "document" || field === "status")) { await form(); show(); }
  };
  tiaomu.everywhere = () => chose([]);
  tiaomu.scope = () => {
    const told = {};
    for (const [field, value] of chosen()) (told[FIELDS.get(field)] ||= []).push(field === "year" ? Number(value) : value);
    if (told.status?.includes("in_force")) told.status.push("unknown");   // most documents do not say: they may be
    return told;
  };

  const fetched = (told) => tiaomu.fetched(`/scope?${new URLSearchParams([["lang", tiaomu.language()], ...chosen()])}`, {}, told);
  async function form() {
    const place = one("#scope-form");
    if (one("form", place)) { await count(); return; }
    const reply = await fetched((text) => { place.textContent = text; });
    if (!reply) return;
    place.innerHTML = await reply.text();  // escaped by the server
    for (const each of all("input[type=checkbox]", place)) {
      if (each.dataset.name) names.set(`${each.name} ${each.value}`, each.dataset.name);
    }
  }
  // How many documents each choice still has, beside what is chosen in the other groups; what is open stays open.
  let counted = 0;
  async function count() {
    const mine = ++counted, boxes = all("[data-scope] input[type=checkbox]"), key = (box) => `${box.name} ${box.value}`;
    const reply = boxes.length ? await fetched() : null, fresh = document.createElement("template");
    if (!reply || mine !== counted) return;
    fresh.innerHTML = await reply.text();  // escaped by the server
    const found = new Map([...fresh.content.querySelectorAll("input[type=checkbox]")].map((box) => [key(box), box]));
    for (const box of boxes) {
      const now = found.get(key(box));
      if (!now) continue;
      box.disabled = now.disabled && !box.checked;
      one("span", box.closest("label")).textContent = one("span", now.closest("label")).textContent;
    }
  }
  function find(field) {
    const wanted = field.value.trim().toLowerCase();
    for (const label of all(".choice", field.closest("fieldset"))) label.hidden = !label.textContent.toLowerCase().includes(wanted);
  }

  // What was asked before ----------------------------------------------------------------------------------------

  let asked = 0, waiting = 0;
  async function remember() {
    const mine = ++asked, list = one("#history [data-list]"), wanted = one("[data-search]").value.trim();
    const address = `/history?lang=${tiaomu.language()}&q=${encodeURIComponent(wanted)}`;
    const reply = await tiaomu.fetched(address, {}, (text) => { if (mine === asked) list.textContent = text; });
    const html = reply && await reply.text();
    if (html && mine === asked) list.innerHTML = html;         // escaped by the server
  }
  async function more(button) {
    const reply = await tiaomu.fetched(button.dataset.more, {}, tiaomu.say);
    if (!reply) return;
    const part = document.createElement("div");
    part.innerHTML = await reply.text();
    button.replaceWith(part);
    one("a", part)?.focus();
  }
  // What is deleted is asked about once more, on the button itself, until it is left.
  async function forget(button) {
    if (button.dataset.sure === undefined) {
      const label = button.textContent, name = button.getAttribute("aria-label");
      button.dataset.sure = "";
      button.textContent = words().sure;
      button.setAttribute("aria-label", name ? `${words().sure} ${name}` : words().sure);
      button.addEventListener("blur", () => {
        delete button.dataset.sure;
        button.textContent = label;
        if (name) button.setAttribute("aria-label", name); else button.removeAttribute("aria-label");
      }, { once: true });
      return;
    }
    const id = button.dataset.delete;
    const done = await tiaomu.fetched(id ? `/history/${encodeURIComponent(id)}` : "/history", { method: "DELETE" }, (text) => {
      one("#history [data-list]").prepend(Object.assign(document.createElement("p"), { className: "fault", textContent: text }));
    });
    if (!done) return;
    if (!id || id === new URLSearchParams(location.search).get("c")) {   // what is on the screen is no longer there
      location.assign(one("[data-new]").href);
      return;
    }
    await remember();
    one("[data-search]").focus();
  }

  on("[data-drawer]", () => { drawer().showModal(); remember(); form().then(show); });
  on("[data-undrawer]", () => drawer().close());
  on("[data-everywhere]", () => chose([]));
  on("[data-delete], [data-delete-all]", forget);
  on("[data-more]", more);
  document.addEventListener("input", ({ target }) => {
    if (target.matches("[data-find]")) find(target);
    if (!target.matches("[data-search]")) return;
    clearTimeout(waiting);
    waiting = setTimeout(remember, 200);
  });
  document.addEventListener("change", ({ target }) => {
    if (target.matches("[data-scope] input[type=checkbox]")) choose(target.name, target.value, target.checked);
  });
  document.addEventListener("submit", (event) => { if (event.target.matches("[data-scope]")) event.preventDefault(); });
})();
