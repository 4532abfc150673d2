// What the scripts of the conversation's page share: finding elements, saying what happened, acting on clicks.
// `tiaomu.ask` is Gradio's, set when its page is there; `tiaomu.sent` is what goes with a question.
(() => {
  "use strict";
  const tiaomu = window.tiaomu ||= {};
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const words = () => one("#panel").dataset;
  const acts = [];

  Object.assign(tiaomu, {
    one, all, words,
    language: () => words().lang.slice(0, 2),
    box: () => one("#question textarea"),
    say: (text) => { one("#said").textContent = text; },
    hint: (text) => { one("#local").textContent = text; one("#local").hidden = !text; },
    // What a click on an element of this kind does; the first that fits is taken.
    on: (selector, act) => acts.push([selector, act]),
    // Shows another text for a while, then what stood there first, however often it is clicked.
    flash: (button, text) => {
      button.dataset.label ??= button.textContent;
      button.textContent = text;
      tiaomu.say(text);
      clearTimeout(button.flashed);
      button.flashed = setTimeout(() => { button.textContent = button.dataset.label; }, 2000);
    },
    // Our server's reply, or null where there is none; `told` gets its line of text where it refuses.
    fetched: async (address, options = {}, told = () => {}) => {
      try {
        const reply = await fetch(address, { credentials: "same-origin", ...options });
        if (reply.ok) return reply;
        told(await reply.text());
      } catch {
        told(words().offline);
      }
      return null;
    },
  });

  document.addEventListener("click", (event) => {
    const isPlain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
    for (const [selector, act] of acts) {
      const found = event.target.closest(selector);
      if (!found) continue;
      if (found.matches("a")) {
        if (!isPlain) return;
        event.preventDefault();
      }
      act(found);
      return;
    }
  });
})();
