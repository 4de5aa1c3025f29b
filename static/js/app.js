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
// The list of keys is the dialog that [data-opens] names: its button is shown only here.
// The elements that have a key say themselves what it does, so the list is of this page.
// The switch is kept in this browser's storage: script alone reads it, so no cookie has
// to travel with each request.
(() => {
  const opener = document.querySelector("[data-opens]");
  if (!opener) return;
  const list = document.getElementById(opener.dataset.opens);
  const on = list.querySelector("[role=switch]");
  const row = list.querySelector("template");
  const name = "latchkey-single-keys";

  for (const element of document.querySelectorAll("main [data-key]")) {
    const line = row.content.cloneNode(true);
    line.querySelector("kbd").textContent = element.dataset.key;
    line.querySelector("dd").textContent = element.getAttribute("aria-label") ?? element.textContent;
    row.before(line);
  }
  opener.hidden = false;
  opener.addEventListener("click", () => {
    // Closing the dialog gives the focus back, which a closed menu's entry can't take.
    const menu = opener.closest("[data-menu][open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    list.showModal();
  });

  // A browser that keeps nothing for us still has the switch for this page.
  function read() {
    try { on.checked = localStorage.getItem(name) !== "off"; } catch {}
    declare();
  }

  function write() {
    try { localStorage.setItem(name, on.checked ? "on" : "off"); } catch {}
    declare();
  }

  // Screen readers hear of a key only while it works.
  function declare() {
    for (const element of document.querySelectorAll("[data-key]")) {
      if (on.checked) element.setAttribute("aria-keyshortcuts", element.dataset.key);
      else element.removeAttribute("aria-keyshortcuts");
    }
  }

  on.addEventListener("change", write);
  addEventListener("storage", read); // another tab's
  addEventListener("pageshow", read);
})();
// Single keys. The key that an element names by data-key enters it if it is a field and
// presses it otherwise: never with a modifier, while somebody types, or over something
// that is open. The switch in the list of keys turns all of them off.
(() => {
  const fields = "input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]";

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.repeat || event.isComposing) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (!document.querySelector("dialog [role=switch]")?.checked) return;
    if (event.target.closest(fields) || document.querySelector("dialog[open], [data-menu][open]")) return;
    const element = [...document.querySelectorAll("[data-key]")].find(({ dataset }) => dataset.key === event.key);
    if (!element) return;
    event.preventDefault(); // the key itself is not wanted in the field
    if (!element.matches("input")) return element.click();
    element.focus();
    element.select();
  });
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
// The box in a table's head checks the box of every row; it is shown only here.
(() => {
  for (const all of document.querySelectorAll("[data-all]")) {
    const table = all.closest("table");
    const boxes = [...table.querySelectorAll("td .box")];
    const show = () => {
      const checked = boxes.filter((box) => box.checked).length;
      all.checked = checked > 0 && checked === boxes.length;
      all.indeterminate = checked > 0 && !all.checked;
    };
    all.hidden = false;
    table.addEventListener("change", (event) => {
      if (event.target === all) for (const box of boxes) box.checked = all.checked;
      show();
    });
    // The browser may bring checked boxes back from history.
    addEventListener("pageshow", show);
  }
})();
