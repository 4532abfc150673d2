// The source panel: a document beside the conversation, opened at the quote; each citation is a link of its own without it.
(() => {
  "use strict";
  const { one, all, words, on } = window.tiaomu;
  const panel = () => one("#panel");
  let opener = null;

  function name(title, line) {
    one(".what b", panel()).textContent = title;
    one(".what span", panel()).textContent = line;
  }

  async function open(link) {
    const aside = panel(), body = one(".body", aside), address = new URL(link.href);
    const isWithin = aside.contains(link);   // a reference leads on: the way back is still to where it began
    if (!isWithin) opener = { link, href: link.getAttribute("href"), turn: link.closest(".turn")?.dataset.number };
    for (const other of all("[data-source][aria-current]")) other.removeAttribute("aria-current");
    if (!isWithin) link.setAttribute("aria-current", "true");
    one(".alone", aside).href = address.href;
    aside.hidden = false;
    document.body.classList.add("with-panel");
    name(words().panel, "");
    body.textContent = words().loading;
    body.focus({ preventScroll: true });
    const wanted = new URL(address), hash = address.hash;
    wanted.hash = "";
    wanted.searchParams.set("part", "1");
    aside.dataset.address = wanted.href;
    try {
      const reply = await fetch(wanted, { credentials: "same-origin" });
      const html = await reply.text();
      if (aside.dataset.address !== wanted.href) return;
      if (!reply.ok && reply.status !== 404) throw new Error(String(reply.status));
      body.innerHTML = html;               // escaped by the server, to the last character
      body.scrollTop = 0;
      name(one("h1", body).textContent, one(".document", body).dataset.line || "");
      window.arrived(aside, hash.slice(1));
      const mark = one("mark", body);
      if (mark) {
        const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
        const top = mark.getBoundingClientRect().top - body.getBoundingClientRect().top - body.clientHeight / 4;
        body.scrollTo({ top, behavior: still ? "instant" : "smooth" });
      }
    } catch {
      if (aside.dataset.address === wanted.href) body.textContent = words().failed;
    }
  }

  function close() {
    const aside = panel();
    if (!aside || aside.hidden) return;
    aside.hidden = true;
    document.body.classList.remove("with-panel");
    one("[data-source][aria-current]")?.removeAttribute("aria-current");
    const again = opener && all(`#turn-${opener.turn} [data-source]`).find((each) => each.getAttribute("href") === opener.href);
    (opener?.link.isConnected ? opener.link : again || window.tiaomu.box())?.focus({ preventScroll: true });
    opener = null;
  }

  on("[data-source], #panel .document a[href^='/d/']", open);
  on("[data-close]", close);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || one("#drawer")?.open) return;
    const tip = one(".chip:is(:hover, :focus-visible)");
    if (tip && !document.body.classList.contains("untipped")) document.body.classList.add("untipped");
    else close();
  }, true);
  for (const event of ["pointerover", "focusin"]) {
    document.addEventListener(event, ({ target }) => { if (!target.closest?.(".chip")) document.body.classList.remove("untipped"); });
  }
})();
