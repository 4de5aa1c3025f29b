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
