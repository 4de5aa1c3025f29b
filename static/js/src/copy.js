// Copy buttons. <button data-copy hidden> copies the element before it, or the one
// whose id the attribute names. The button is shown only here: without script it
// could do nothing. The words come from the live region's data-copied and data-failed.
(() => {
  const live = document.querySelector("[data-live]");
  const timers = new WeakMap();

  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (!button) return;
    const source = button.dataset.copy ? document.getElementById(button.dataset.copy) : button.previousElementSibling;
    const done = await write(source);
    if (live) document.dispatchEvent(new CustomEvent("say", { detail: done ? live.dataset.copied : live.dataset.failed }));
    if (!done) return;
    source.dispatchEvent(new Event("copied", { bubbles: true }));
    show(button);
  });

  // write falls back to a selection where the clipboard is closed, as it is over plain http.
  async function write(source) {
    try {
      await navigator.clipboard.writeText(source.textContent);
      return true;
    } catch {
      getSelection().selectAllChildren(source);
      return document.execCommand("copy");
    }
  }

  function show(button) {
    const word = button.textContent.trim();
    if (timers.has(button)) clearTimeout(timers.get(button).id);
    const before = timers.get(button)?.word ?? word;
    button.classList.add("copied");
    if (before && live) button.textContent = live.dataset.copied;
    const id = setTimeout(() => {
      timers.delete(button);
      button.classList.remove("copied");
      if (before) button.textContent = before;
    }, 2000);
    timers.set(button, { id, word: before });
  }
})();
