// What a click does: sources open in the panel, answers are copied, offers scroll into view. Nothing here is needed to
// read an answer: each citation is a link of its own.
(() => {
  "use strict";
  const one = (selector, within = document) => within.querySelector(selector);
  const say = (text) => { const said = one("#said"); if (said) said.textContent = text; };
  let opener = null;

  // The source panel ---------------------------------------------------------------------------------------------

  const panel = () => one("#panel");

  function name(aside, title, line) {
    one(".what b", aside).textContent = title;
    one(".what span", aside).textContent = line;
  }

  async function open(link) {
    const aside = panel(), body = one(".body", aside);
    const address = new URL(link.href);
    opener = link;
    for (const other of document.querySelectorAll("[data-source][aria-current]")) other.removeAttribute("aria-current");
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

  // Copying ------------------------------------------------------------------------------------------------------

  async function copy(button) {
    const text = button.dataset.copy, label = button.textContent, words = panel().dataset;
    let done = false;
    try {
      await navigator.clipboard.writeText(text);
      done = true;
    } catch {                             // no clipboard outside https and localhost
      const box = document.createElement("textarea");
      box.value = text;
      box.className = "hidden";
      document.body.append(box);
      box.select();
      done = document.execCommand("copy");
      box.remove();
    }
    button.textContent = done ? words.copied : words.uncopied;
    say(button.textContent);
    setTimeout(() => { button.textContent = label; }, 2000);
  }

  // Events -------------------------------------------------------------------------------------------------------

  document.addEventListener("click", (event) => {
    const source = event.target.closest("[data-source]");
    if (source && panel() && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
      event.preventDefault();
      open(source);
    } else if (event.target.closest("[data-close]")) {
      close();
    } else if (event.target.closest("[data-copy]")) {
      copy(event.target.closest("[data-copy]"));
    } else if (event.target.closest("[data-skip]")) {
      event.preventDefault();
      one("#question textarea")?.focus();
    } else if (event.target.closest("#new")) {
      close();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    if (event.key === "Enter" && event.isComposing) event.stopPropagation();   // the Enter that picks a character
  }, true);

  // What has changed: names for the reader, the last question in view, a word when the answer is there -------------

  let shown = 0, told = "", hinted;
  function changed() {
    const words = panel()?.dataset, composer = one("#composer:not([data-seen])");
    if (composer) { composer.dataset.seen = ""; sizes.observe(composer); }
    if (words && document.documentElement.lang !== words.lang) document.documentElement.lang = words.lang;
    const turns = document.querySelectorAll("#talk .turn");
    const last = turns[turns.length - 1];
    if (turns.length > shown) last.scrollIntoView({ block: "start" });
    shown = turns.length;
    const hint = one("#talk .with-hint > .fault");
    if (hint && hint.textContent !== hinted) hint.scrollIntoView({ block: "end" });
    hinted = hint?.textContent;
    const ready = last?.dataset.ready || "";
    const news = ready && `${turns.length} ${ready}`;
    if (news && news !== told) say(ready);
    told = news;
  }
  const sizes = new ResizeObserver(([composer]) => {
    document.documentElement.style.setProperty("--composer", `${composer.target.offsetHeight}px`);
    one("#talk .with-hint > .fault")?.scrollIntoView({ block: "end" });
  });
  function watch() {
    const seen = { childList: true, subtree: true, attributes: true, attributeFilter: ["data-ready"] };
    new MutationObserver(changed).observe(document.body, seen);
    changed();
  }
  if (document.body) watch(); else document.addEventListener("DOMContentLoaded", watch);
})();
