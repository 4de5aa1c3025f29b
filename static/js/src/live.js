// The live region says the detail of each "say" event, and what [data-announce] holds:
// readers of the screen pass over what is in a status from the start.
(() => {
  const live = document.querySelector("[data-live]");
  if (!live) return;

  document.addEventListener("say", ({ detail }) => {
    live.textContent = ""; // the same sentence twice would stay silent
    requestAnimationFrame(() => { live.textContent = detail; });
  });

  addEventListener("load", () => setTimeout(() => { // readers have to know the region first
    const texts = [...document.querySelectorAll("[data-announce]")].map((element) => element.innerText.trim());
    if (texts.length > 0) document.dispatchEvent(new CustomEvent("say", { detail: texts.join(" ") }));
  }, 300));
})();
