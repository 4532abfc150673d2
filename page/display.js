// How a visitor wants pages displayed, kept in a cookie so that every page knows it before its first paint.
(() => {
  "use strict";
  const root = document.documentElement;
  const wanted = () => document.cookie.split("; ").includes("display=elder");

  function show() {
    root.classList.toggle("elder", wanted());
    for (const button of document.querySelectorAll("[data-elder]")) button.setAttribute("aria-pressed", String(wanted()));
  }

  show();
  document.addEventListener("DOMContentLoaded", show);
  new MutationObserver(() => { if (document.querySelector('[data-elder][aria-pressed="false"]') && wanted()) show(); })
    .observe(root, { childList: true, subtree: true });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-elder]")) return;
    const life = wanted() ? 0 : 365 * 24 * 3600;
    document.cookie = `display=elder; path=/; max-age=${life}; samesite=lax`;
    show();
  });
})();
