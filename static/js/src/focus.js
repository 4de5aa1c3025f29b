// Where the focus starts: at the summary of a form that came back with errors, or at the
// heading of a page that has something to say. A page that asks starts at the way back,
// but its question stays in view, however low the window is.
(() => {
  const question = document.getElementById("question");
  if (question) addEventListener("focusin", () => requestAnimationFrame(() => question.scrollIntoView({ block: "nearest" })), { once: true });
  const errors = document.querySelector("[data-errors]");
  if (errors) return errors.focus();
  if (!document.querySelector("main [data-announce]") || document.querySelector("[autofocus]")) return;
  const heading = document.querySelector("h1");
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
})();
