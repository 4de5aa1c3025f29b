// Where the focus starts: at the summary of a form that came back with errors, or at the
// heading of a page that has something to say. A page that asks starts at the way back,
// but its question stays in view, however low the window is.
(() => {
  const question = document.getElementById("question");
  const show = () => requestAnimationFrame(() => question.scrollIntoView({ block: "nearest" }));
  // The browser may have put the focus there before this runs, or not yet.
  if (question && document.activeElement !== document.body) show();
  else if (question) addEventListener("focusin", show, { once: true });
  const errors = document.querySelector("[data-errors]");
  if (errors) return errors.focus();
  if (!document.querySelector("main [data-announce]") || document.querySelector("[autofocus]")) return;
  const heading = document.querySelector("h1");
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
})();
