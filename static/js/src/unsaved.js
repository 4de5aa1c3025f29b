// What is shown this one time, [data-unsaved], is asked about before its page is left:
// until it was copied in whatever way, or [data-saved] was pressed.
(() => {
  const secret = document.querySelector("[data-unsaved]");
  if (!secret) return;
  const ask = (event) => event.preventDefault();
  const kept = () => removeEventListener("beforeunload", ask);
  const took = (text) => { if (text.includes(secret.textContent)) kept(); };

  addEventListener("beforeunload", ask);
  document.addEventListener("copied", (event) => took(event.target.textContent));
  document.addEventListener("copy", () => took(getSelection().toString()));
  secret.addEventListener("pointerup", kept); // selected whole, it can be dragged away or pasted by the middle button
  document.querySelector("[data-saved]")?.addEventListener("click", kept);
})();
