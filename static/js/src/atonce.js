// A form with data-at-once asks nothing: it is sent as soon as its page is shown. A page
// that is loaded ahead of somebody's click is not shown yet.
(() => {
  const form = document.querySelector("[data-at-once]");
  const send = () => form.requestSubmit();
  if (!form) return;
  if (document.prerendering) document.addEventListener("prerenderingchange", send, { once: true });
  else send();
})();
