// A page with data-reload tells of work that goes on elsewhere: it is loaded again
// after two seconds in which somebody sees it and does nothing with it.
(() => {
  if (!document.querySelector("[data-reload]")) return;
  const again = () => setTimeout(() => {
    if (document.hidden || document.activeElement?.matches("main :focus")) again();
    else location.reload();
  }, 2000);
  again();
})();
