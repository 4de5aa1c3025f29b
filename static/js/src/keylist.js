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
