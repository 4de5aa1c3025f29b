// Forms with data-once are sent once: their buttons go off after the submission has
// taken the pressed one's value, and on again when the page comes back from history.
(() => {
  const buttons = (form) => [...form.elements].filter((element) => element.type === "submit");

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-once]") || event.defaultPrevented) return;
    setTimeout(() => {
      for (const button of buttons(form)) {
        if (button.disabled) continue;
        button.disabled = true;
        button.dataset.sent = "";
      }
    });
  });

  addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll("[data-sent]")) {
      button.disabled = false;
      delete button.dataset.sent;
    }
  });
})();
