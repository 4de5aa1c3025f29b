"use strict";
// Copy buttons. <button data-copy hidden> copies the element before it, or the one
// whose id the attribute names. The button is shown only here: without script it
// could do nothing. The words come from the live region's data-copied and data-failed.
(() => {
  const live = document.querySelector("[data-live]");
  const timers = new WeakMap();

  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (!button) return;
    const source = button.dataset.copy ? document.getElementById(button.dataset.copy) : button.previousElementSibling;
    const done = await write(source);
    if (live) say(done ? live.dataset.copied : live.dataset.failed);
    if (done) show(button);
  });

  // write falls back to a selection where the clipboard is closed, as it is over plain http.
  async function write(source) {
    try {
      await navigator.clipboard.writeText(source.textContent);
      return true;
    } catch {
      getSelection().selectAllChildren(source);
      return document.execCommand("copy");
    }
  }

  // say empties the region first: the same sentence twice would stay silent.
  function say(sentence) {
    live.textContent = "";
    requestAnimationFrame(() => { live.textContent = sentence; });
  }

  function show(button) {
    const word = button.textContent.trim();
    if (timers.has(button)) clearTimeout(timers.get(button).id);
    const before = timers.get(button)?.word ?? word;
    button.classList.add("copied");
    if (before && live) button.textContent = live.dataset.copied;
    const id = setTimeout(() => {
      timers.delete(button);
      button.classList.remove("copied");
      if (before) button.textContent = before;
    }, 2000);
    timers.set(button, { id, word: before });
  }
})();
// The error summary takes the focus when a form comes back with errors.
(() => {
  document.querySelector("[data-errors]")?.focus();
})();
// Menus are <details data-menu>: Escape and a press outside close them.
(() => {
  const open = () => document.querySelectorAll("details[data-menu][open]");

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      const inside = menu.contains(document.activeElement);
      menu.open = false;
      if (inside) menu.querySelector("summary").focus();
    }
  });

  document.addEventListener("pointerdown", (event) => {
    for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
  });
})();
// Forms with data-once are sent once: their buttons go off after the submission has
// taken the pressed one's value, and on again when the page comes back from history.
(() => {
  const buttons = (form) => [...form.elements].filter((element) => element.type === "submit");

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-once]") || event.defaultPrevented) return;
    setTimeout(() => {
      for (const button of buttons(form)) {
        if (button.disabled) continue;
        button.disabled = true;
        button.dataset.sent = "";
      }
    });
  });

  addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll("[data-sent]")) {
      button.disabled = false;
      delete button.dataset.sent;
    }
  });
})();
// Output fields are selected whole when the keyboard reaches them; a press does the
// same by style alone (select-all).
(() => {
  document.addEventListener("focusin", (event) => {
    if (event.target.matches?.("[data-select]")) getSelection().selectAllChildren(event.target);
  });
})();
