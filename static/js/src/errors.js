// The error summary takes the focus when a form comes back with errors.
(() => {
  document.querySelector("[data-errors]")?.focus();
})();
