// The list of keys is the dialog that [data-opens] names. The elements that have a key
// say themselves what it does. Its switch is kept in this browser's storage.
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

  // A browser that stores nothing still has the switch for this page.
  function read() {
    try { on.checked = localStorage.getItem(name) !== "off"; } catch {}
    declare();
  }

  // Readers of the screen hear of a key only while it works.
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
