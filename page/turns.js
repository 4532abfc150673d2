// The turns of a conversation: kept on the screen one after another, copied, heard, edited, asked again, rated.
(() => {
  "use strict";
  const tiaomu = window.tiaomu, { one, all, words, on, say, box } = tiaomu;
  const number = (turn) => Number(turn.dataset.number);
  const isBusy = () => document.body.classList.contains("busy");

  // Asking -------------------------------------------------------------------------------------------------------

  let editing = null, again = null;
  function edit(turn) {
    editing = turn;
    const line = one(".editing");
    line.hidden = !turn;
    one("span", line).textContent = turn ? one("span", line).dataset.template.replace("{n}", turn) : "";
  }
  function write(text) {                  // as Gradio's box takes it: by an event of its own
    const field = box();
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  }
  // What goes with a question; the turns on the screen are kept as they are now, with what is being written in them.
  tiaomu.sent = () => {
    held = all("#now .turn").map(copied);
    tiaomu.hint("");
    const told = { ...tiaomu.scope(), ...(again || editing ? { turn: again || editing } : {}) };
    again = null;
    return JSON.stringify(told);
  };
  const ask = (question) => { if (!isBusy()) tiaomu.ask?.(question); };

  on("[data-ask]", (button) => ask(button.dataset.ask));
  function askAgain(button) {
    if (isBusy()) return;
    again = number(button.closest(".turn"));
    ask(one("[data-question]", button.closest(".turn")).textContent);
  }
  on("[data-again]", askAgain);
  on("[data-wider]", (button) => { tiaomu.everywhere(); askAgain(button); });
  on("[data-edit]", (button) => {
    if (isBusy()) return;
    const turn = button.closest(".turn");
    edit(number(turn));
    write(one("[data-question]", turn).textContent);
  });
  on("[data-unedit]", () => { edit(null); write(""); });
  on("[data-skip]", () => box()?.focus());
  // While an answer is coming, or a kept conversation, Enter sends nothing: what is written stays in the box.
  const isWaiting = () => isBusy() || document.body.classList.contains("arriving");
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.closest?.("#question")) return;
    if (event.isComposing || (isWaiting() && !event.shiftKey)) {     // the Enter that picks a character, too
      event.stopPropagation();
      if (!event.isComposing) event.preventDefault();
    }
  }, true);
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("#send, #stop");
    if (!button) return;
    if (button.id === "send" && isWaiting()) event.stopPropagation();
    if (button.id === "stop") document.body.classList.remove("busy");   // also where the server is gone
    box()?.focus();
  }, true);

  // Copied, heard, rated -------------------------------------------------------------------------------------------

  on("[data-copy]", async (button) => {
    tiaomu.flash(button, await window.copied(button.dataset.copy) ? words().copied : words().uncopied);
  });

  function silent() {
    for (const button of all("[data-speak][aria-pressed=true]")) {
      button.setAttribute("aria-pressed", "false");
      button.textContent = button.dataset.label;
    }
  }
  on("[data-speak]", (button) => {
    const was = button.getAttribute("aria-pressed") === "true";
    speechSynthesis.cancel();
    silent();
    if (was) return;
    const turn = button.closest(".turn").cloneNode(true);
    for (const chip of all(".chip", turn)) chip.remove();
    const parts = all(".notice, .text p, .text td, .refused", turn).map((each) => each.textContent);
    const said = new SpeechSynthesisUtterance(parts.join("\n"));
    said.lang = "zh-CN";
    said.rate = 0.95;
    said.onend = said.onerror = silent;
    button.dataset.label = button.textContent;
    button.setAttribute("aria-pressed", "true");
    button.textContent = button.dataset.stop;
    speechSynthesis.speak(said);
  });

  async function rate(turn, rating, reason = "", correction = "") {
    const body = JSON.stringify({ conversation: turn.dataset.conversation, number: Number(turn.dataset.kept), rating, reason, correction });
    const told = one(".told", turn) || turn.appendChild(Object.assign(document.createElement("p"), { className: "told" }));
    const tell = (text) => { told.textContent = text; say(text); };
    const options = { method: "POST", body, headers: { "content-type": "application/json" } };
    const done = await tiaomu.fetched(`/feedback?lang=${tiaomu.language()}`, options, tell);
    if (!done) return false;
    for (const each of all("[data-rate]", turn)) each.setAttribute("aria-pressed", String(each.dataset.rate === rating));
    tell(rating === "none" ? words().unrated : words().thanks);
    return true;
  }
  on("[data-rate]", (button) => {
    const turn = button.closest(".turn"), rating = button.dataset.rate;
    one(".rating", turn)?.remove();
    if (button.getAttribute("aria-pressed") === "true") { rate(turn, "none"); return; }
    if (rating === "up") { rate(turn, rating); return; }
    turn.append(one("#rating").content.cloneNode(true).firstElementChild);
    one(".rating input", turn).focus();
    one(".rating", turn).scrollIntoView({ block: "nearest" });
  });
  function leave(form) {
    const button = one("[data-rate=down]", form.closest(".turn"));
    form.remove();
    button.focus();
  }
  on("[data-unrate]", (button) => leave(button.closest(".rating")));
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches(".rating")) return;
    event.preventDefault();
    const given = new FormData(form);
    const done = await rate(form.closest(".turn"), "down", String(given.get("reason") || ""), String(given.get("correction") || ""));
    if (done) leave(form);
  });

  // What has changed -----------------------------------------------------------------------------------------------

  let held = [], told = "", hinted, pulse = 0;
  const PULSE = 3000;                     // milliseconds

  function gone() {
    document.body.classList.remove("busy");
    tiaomu.hint(words().offline);
  }
  // Whether the server is still there: of an answer that breaks off in the middle Gradio says nothing.
  async function listen() {
    pulse = 0;
    if (!isBusy()) return;
    try {
      await fetch("/page/icon.svg", { cache: "no-store" });
      pulse ||= setTimeout(listen, PULSE);
    } catch {
      gone();
    }
  }

  function copied(turn) {                 // what is being written goes along
    const copy = turn.cloneNode(true), fields = all("input, textarea", turn);
    all("input, textarea", copy).forEach((field, i) => { field.value = fields[i].value; field.checked = fields[i].checked; });
    return copy;
  }
  // The server sends the last turn alone, so that an answer costs the same after a hundred questions, and Gradio changes
  // the one that is there into it: those before are put here as they were.
  function keep(turns) {
    const earlier = one("#earlier"), first = turns.length ? number(turns[0]) : Infinity;
    if (!turns.length) return;
    for (const turn of held) if (number(turn) < first && !one(`#turn-${number(turn)}`, earlier)) earlier.append(turn);
    for (const turn of all(".turn", earlier)) if (number(turn) >= first) turn.remove();
    for (const left of all(".rating, .told", one("#now"))) if (turns.every((turn) => turn.dataset.ready === "")) left.remove();
    held = turns.map(copied);
  }

  function changed() {
    const turns = all("#now .turn"), last = turns[turns.length - 1], ready = last?.dataset.ready || "";
    const isNew = last && !held.some((turn) => number(turn) === number(last));
    keep(turns);
    document.body.classList.toggle("asked", Boolean(last));
    if (last && !ready && editing === number(last)) edit(null);        // it was taken
    if (isNew) last.scrollIntoView({ block: "start" });
    const hint = one("#hint .fault");
    if (hint && hint.textContent !== hinted) hint.scrollIntoView({ block: "end" });
    hinted = hint?.textContent;
    if (last) document.body.classList.toggle("busy", !ready);
    pulse ||= isBusy() ? setTimeout(listen, PULSE) : 0;
    const news = ready && `${last.dataset.number} ${ready}`;
    if (news && news !== told) say(ready);
    told = news;
    const conversation = last?.dataset.conversation, address = new URL(location.href);
    if (conversation && address.searchParams.get("c") !== conversation) {
      address.searchParams.set("c", conversation);
      history.replaceState(history.state, "", address);
      tiaomu.showScope();
    }
  }

  const sizes = new ResizeObserver(([composer]) => {
    document.documentElement.style.setProperty("--composer", `${composer.target.offsetHeight}px`);
  });
  tiaomu.arrived = () => { document.body.classList.remove("arriving"); };    // a kept conversation is there, or none is
  function begin() {                      // Gradio draws its page some time after the document is there
    if (!["#panel", "#now", "#composer", "#hint", "#earlier", "[data-chosen]"].every((each) => one(each))) return false;
    document.documentElement.lang = words().lang;
    sizes.observe(one("#composer"));
    if (!("speechSynthesis" in window)) document.body.classList.add("mute");
    const seen = { childList: true, subtree: true, attributes: true, attributeFilter: ["data-ready"] };
    for (const part of ["#now", "#hint"]) new MutationObserver(changed).observe(one(part), seen);
    new MutationObserver(() => {           // Gradio's own message, in English, that the server is gone
      if (one(".toast-body") && one("#local").textContent !== words().offline) gone();
    }).observe(document.body, { childList: true, subtree: true });
    tiaomu.showScope();
    changed();
    return true;
  }
  function watch() {
    if (new URLSearchParams(location.search).has("c")) {
      document.body.classList.add("arriving");
      setTimeout(tiaomu.arrived, 5000);
    }
    if (begin()) return;
    const waiting = new MutationObserver(() => { if (begin()) waiting.disconnect(); });
    waiting.observe(document.documentElement, { childList: true, subtree: true });
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", watch); else watch();
})();
