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
