// Copying, where the browser has a clipboard and where it has none (outside https and localhost).
window.copied = async (text) => {
  "use strict";
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const box = document.createElement("textarea"), before = document.activeElement;
    box.value = text;
    box.className = "hidden";
    document.body.append(box);
    box.select();
    const done = document.execCommand("copy");
    box.remove();
    before?.focus({ preventScroll: true });
    return done;
  }
};
