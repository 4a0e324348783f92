// Renews the tables every two seconds, unless the page is hidden or the person is
// in one of them.
"use strict";

const live = document.getElementById("live");

async function renew() {
  if (document.hidden || live.contains(document.activeElement)) {
    return;
  }
  const answer = await fetch("/console/live", { cache: "no-store" });
  if (!answer.ok) {
    return;
  }
  const text = await answer.text();
  if (live.contains(document.activeElement)) {
    return;
  }
  const scrolled = new Map([...live.querySelectorAll(".scroll")].map((e) => [e.getAttribute("aria-labelledby"), e.scrollLeft]));
  live.innerHTML = text;
  for (const e of live.querySelectorAll(".scroll")) {
    e.scrollLeft = scrolled.get(e.getAttribute("aria-labelledby")) || 0;
  }
}

setInterval(() => renew().catch(() => {}), 2000);
