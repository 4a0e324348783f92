// Follows the stream of events and puts each above the others. Without this script
// the page shows what there was when it was loaded.
const body = document.querySelector("[data-stream]");
const status = document.getElementById("stream-status");
const row = document.getElementById("event-row");
const longest = 200;
const retryAfter = 10000; // milliseconds

function say(name) {
  status.textContent = status.dataset[name];
}

function show(event) {
  const fresh = row.content.cloneNode(true);
  for (const cell of fresh.querySelectorAll("[data-field]")) {
    cell.textContent = event[cell.dataset.field];
  }
  const mark = fresh.querySelector("[data-state]");
  mark.dataset.state = event.handled ? "ok" : "bad";
  mark.textContent = event.handled ? mark.dataset.ok : mark.dataset.bad;
  body.prepend(fresh);
  document.getElementById("no-events")?.remove();
  while (body.rows.length > longest) {
    body.deleteRow(-1);
  }
}

const source = new EventSource(body.dataset.stream);
source.addEventListener("open", () => say("open"));
source.addEventListener("error", () => {
  say("closed");
  // The browser connects again by itself, unless the server has refused.
  if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), retryAfter);
});
source.addEventListener("message", (message) => show(JSON.parse(message.data)));
