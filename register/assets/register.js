// The waiting layer of a registration. It is shown when the button is pressed and
// leaves the page when the server says that the registration has ended.
(() => {
  "use strict";
  const layer = document.querySelector("[data-register-wait]");
  if (!layer) return;

  const retryAfter = 10000; // milliseconds
  let stream;

  const reload = () => location.replace(layer.dataset.page);

  const listen = () => {
    if (stream) return;
    stream = new EventSource(layer.dataset.events);
    stream.addEventListener("state", (event) => {
      const { state } = JSON.parse(event.data);
      if (state === "ready" || state === "waiting") return;
      stream.close();
      reload();
    });
    stream.addEventListener("error", () => {
      // The browser connects again by itself, unless the server has refused.
      if (stream.readyState === EventSource.CLOSED) setTimeout(reload, retryAfter);
    });
  };

  const wait = () => {
    if (layer.showModal && !layer.matches(":modal")) {
      layer.removeAttribute("open"); // shown by the server, beside the page
      layer.showModal();
    }
    layer.hidden = false;
    listen();
  };

  for (const form of document.querySelectorAll("[data-register-open]")) {
    form.addEventListener("submit", wait);
  }
  if (layer.dataset.state === "waiting") wait();
})();
