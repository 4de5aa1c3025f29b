// Menus are <details data-menu>: Escape and a press outside close them, and one that would begin beyond the row that
// it is in begins where its pill does.
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
