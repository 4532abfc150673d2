// Reading a document, on a page of its own or in the panel: clause by clause, its outline, a link to where one is.
(() => {
  "use strict";
  const one = (selector, within) => within.querySelector(selector);
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const rootOf = (element) => element.closest("#panel") || document.querySelector("main") || document.body;

  function places(root) { return [...root.querySelectorAll(".document [data-place]")]; }

  // What is read with a clause: its 款 and 项, and what of them a table or a page's end has set apart.
  function whole(clause) {
    const found = [clause], depth = Number(clause.dataset.part || 0);
    for (let next = clause.nextElementSibling; next; next = next.nextElementSibling) {
      if (next.dataset.place ? Number(next.dataset.part || 0) <= depth : next.querySelector("[data-place]")) break;
      if (!next.matches(".furniture")) found.push(next);
    }
    return found;
  }

  // The clause that is read: named in the bar, marked at its side; `parts` are marked with it.
  function stand(root, clause, parts = [clause]) {
    for (const each of root.querySelectorAll(".document :is(.here, .with, .aimed)")) each.classList.remove("here", "with", "aimed");
    clause?.classList.add("here");
    for (const each of parts) if (each !== clause) each?.classList.add("with");
    const where = one(".steps .where", root);
    where?.classList.remove("nowhere");
    if (where) where.textContent = clause ? [clause.dataset.place, clause.dataset.page].filter(Boolean).join(" · ") : "";
  }

  function show(root, clause, behavior) {
    const parts = whole(clause);
    stand(root, clause, parts);
    clause.scrollIntoView({ block: parts.length > 1 ? "start" : "center", behavior });
    return parts;
  }

  // To the next or the last that is cited whole: from within an article to another article, over mere headings.
  function step(root, by) {
    const all = places(root), isAbove = (each) => "above" in each.dataset;
    const isWhole = (each) => !each.dataset.part && !isAbove(each), wholes = all.filter(isWhole);
    const here = one(".document .here", root), behind = all.slice(0, all.indexOf(here) + 1).filter(isWhole).length;
    const from = behind - 1 + (here && isAbove(here) && by < 0 ? 1 : 0);
    const next = wholes[Math.min(wholes.length - 1, Math.max(0, behind ? from + by : 0))];
    if (!next) return;
    aim(root, next, still.matches ? "instant" : "smooth");
    const alone = one(".bar > .alone", root);
    if (alone) alone.href = link(root);
  }

  function go(root, labels) {
    const all = places(root), clause = all.find((each) => each.id === labels) || all.find((each) => leads(each.id, labels));
    if (!clause) return false;
    aim(root, clause, "instant");
    return true;
  }

  // What was quoted is no longer what is read: the highlight goes along, and comes back with the quote's own clause.
  function aim(root, clause, behavior) {
    const parts = show(root, clause, behavior), isQuoted = parts.some((each) => each.querySelector("mark"));
    one(".document", root).classList.toggle("moved", !isQuoted);
    if (!isQuoted) for (const each of parts) each.classList.add("aimed");
  }

  // Whether a path passes all these labels and ends in the last: 第三章/第十五条 of 第三章/第三节/第十五条.
  function leads(path, labels) {
    const wanted = labels.split("/"), passed = path.split("/");
    if (!labels || passed.at(-1) !== wanted.at(-1)) return false;
    for (const label of passed) if (label === wanted[0]) wanted.shift();
    return !wanted.length;
  }

  function link(root) {
    const here = one(".document .here", root), address = one(".document", root)?.dataset.address || "";
    const labels = here ? "#" + here.id.split("/").map(encodeURIComponent).join("/") : "";
    return new URL(address + labels, location.href).href;
  }

  // An address as one reads it: 〔2024〕 and 第三条 instead of their bytes; blanks, marks and all of ASCII stay as they are.
  function readable(address) {
    return address.replace(/(?:%[89A-F][\dA-F])+/gi, (bytes) => decoded(bytes).replace(/[\p{Z}\p{C}]/gu, encodeURIComponent) || bytes);
  }

  // A document has come into `root`: stand at its quote, at the clause of the address, or nowhere.
  function arrived(root, hash = "") {
    const mark = one(".document mark", root), link = one("[data-outline]", root);
    if (link) link.hidden = !one(".outline", root);
    if (mark) stand(root, mark.closest("[data-place]"));
    else lead(root, decoded(hash));
  }

  // To the clause of an address; where there is none of these labels, that is said.
  function lead(root, labels) {
    if (labels && go(root, labels)) return;
    stand(root, null);
    const where = one(".steps .where", root), isName = labels && labels !== "quote" && !document.getElementById(labels);
    if (where && isName) where.textContent = where.dataset.nowhere.replace("{place}", () => labels.replaceAll("/", "").slice(0, 40));
    where?.classList.toggle("nowhere", Boolean(isName));
  }
  const decoded = (text) => { try { return decodeURIComponent(text); } catch { return ""; } };
  const labels = () => decoded(location.hash.slice(1));

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-step], [data-link], [data-outline], .document a[href^='#']");
    if (!button) return;
    const root = rootOf(button);
    if (button.dataset.step) {
      step(root, Number(button.dataset.step));
    } else if ("link" in button.dataset) {
      button.dataset.label ??= button.textContent;
      button.textContent = await window.copied(readable(link(root))) ? button.dataset.copied : button.dataset.uncopied;
      clearTimeout(button.flashed);
      button.flashed = setTimeout(() => { button.textContent = button.dataset.label; }, 2000);
    } else if ("outline" in button.dataset) {
      event.preventDefault();
      const outline = one(".outline details", root);
      if (!outline) return;
      outline.open = true;
      outline.scrollIntoView({ block: "nearest" });
      one("summary", outline).focus();
    } else if (root.id === "panel") {       // the page's own address is the conversation's
      event.preventDefault();
      go(root, decoded(button.getAttribute("href").slice(1)));
    }
  });
  window.arrived = arrived;
  if (!document.querySelector(".alone-page") && document.readyState !== "loading") return;
  document.addEventListener("DOMContentLoaded", () => {
    if (!document.querySelector(".alone-page")) return;
    const root = document.querySelector("main");
    arrived(root, location.hash.slice(1));
    addEventListener("hashchange", () => lead(root, labels()));
  });
})();
