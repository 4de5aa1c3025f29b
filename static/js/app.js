"use strict";
(() => {
  const form = document.querySelector("[data-at-once]");
  const send = () => form.requestSubmit();
  if (!form) return;
  if (document.prerendering) document.addEventListener("prerenderingchange", send, { once: true });
  else send();
})();
(() => {
  const live = document.querySelector("[data-live]");
  const timers = new WeakMap();

  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (!button) return;
    const source = button.dataset.copy ? document.getElementById(button.dataset.copy) : button.previousElementSibling;
    const done = await write(source);
    if (live) document.dispatchEvent(new CustomEvent("say", { detail: done ? live.dataset.copied : live.dataset.failed }));
    if (!done) return;
    source.dispatchEvent(new Event("copied", { bubbles: true }));
    show(button);
  });

  async function write(source) {
    try {
      await navigator.clipboard.writeText(source.textContent);
      return true;
    } catch {
      getSelection().selectAllChildren(source);
      return document.execCommand("copy");
    }
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
(() => {
  const question = document.getElementById("question");
  const show = () => requestAnimationFrame(() => question.scrollIntoView({ block: "nearest" }));
  if (question && document.activeElement !== document.body) show();
  else if (question) addEventListener("focusin", show, { once: true });
  const errors = document.querySelector("[data-errors]");
  if (errors) return errors.focus();
  if (!document.querySelector("main [data-announce]") || document.querySelector("[autofocus]")) return;
  const heading = document.querySelector("h1");
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
})();
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
    const menu = opener.closest("[data-menu][open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    list.showModal();
  });

  function read() {
    try { on.checked = localStorage.getItem(name) !== "off"; } catch {}
    declare();
  }

  function declare() {
    for (const element of document.querySelectorAll("[data-key]")) {
      if (on.checked) element.setAttribute("aria-keyshortcuts", element.dataset.key);
      else element.removeAttribute("aria-keyshortcuts");
    }
  }

  on.addEventListener("change", () => {
    try { localStorage.setItem(name, on.checked ? "on" : "off"); } catch {}
    declare();
  });
  addEventListener("storage", read); // from another tab
  addEventListener("pageshow", read);
})();
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
(() => {
  const live = document.querySelector("[data-live]");
  if (!live) return;

  document.addEventListener("say", ({ detail }) => {
    live.textContent = ""; // the same sentence twice would stay silent
    requestAnimationFrame(() => { live.textContent = detail; });
  });

  addEventListener("load", () => setTimeout(() => { // readers have to know the region first
    const texts = [...document.querySelectorAll("[data-announce]")].map((element) => element.innerText.trim());
    if (texts.length > 0) document.dispatchEvent(new CustomEvent("say", { detail: texts.join(" ") }));
  }, 300));
})();
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

  function place(menu) {
    const [row, list] = [menu.parentElement, menu.lastElementChild];
    list.style.insetInline = "";
    const [within, is] = [row.getBoundingClientRect(), list.getBoundingClientRect()];
    if (is.left < within.left || is.right > within.right) list.style.insetInline = "0 auto";
  }
  document.addEventListener("toggle", ({ target }) => { if (target.matches("nav > [data-menu][open]")) place(target); }, true);
  document.querySelectorAll("nav > [data-menu][open]").forEach(place);
})();
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
(() => {
  if (!document.querySelector("[data-reload]")) return;
  const again = () => setTimeout(() => {
    if (document.hidden || document.activeElement?.matches("main :focus")) again();
    else location.reload();
  }, 2000);
  again();
})();
(() => {
  document.addEventListener("focusin", (event) => {
    if (event.target.matches?.("[data-select]")) getSelection().selectAllChildren(event.target);
  });
})();
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
    addEventListener("pageshow", show);
  }
})();
(() => {
  const secret = document.querySelector("[data-unsaved]");
  if (!secret) return;
  const ask = (event) => event.preventDefault();
  const kept = () => removeEventListener("beforeunload", ask);
  const took = (text) => { if (text.includes(secret.textContent)) kept(); };

  addEventListener("beforeunload", ask);
  document.addEventListener("copied", (event) => took(event.target.textContent));
  document.addEventListener("copy", () => took(getSelection().toString()));
  secret.addEventListener("pointerup", kept); // selected whole, it can be dragged away or pasted by the middle button
  document.querySelector("[data-saved]")?.addEventListener("click", kept);
})();
