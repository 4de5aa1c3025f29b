// Output fields are selected whole when the keyboard reaches them; a press does the
// same by style alone (select-all).
(() => {
  document.addEventListener("focusin", (event) => {
    if (event.target.matches?.("[data-select]")) getSelection().selectAllChildren(event.target);
  });
})();
