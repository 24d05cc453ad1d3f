// A page that waits for a worker: asks how far it is, shows it, and reloads once it has ended.
(() => {
  "use strict";
  const waiting = document.querySelector("[data-cp-reload]");
  if (!waiting) return;
  const bar = waiting.querySelector("[role=progressbar]");
  const ask = async () => {
    try {
      const answer = await fetch(waiting.dataset.cpReload, { headers: { Accept: "application/json" } });
      if (answer.ok) {
        const state = await answer.json();
        if (state.status !== "queued" && state.status !== "running") return location.reload();
        if (bar) {
          bar.setAttribute("aria-valuenow", state.progress);
          bar.firstElementChild.style.width = `${state.progress}%`;
        }
      }
    } catch {
      // the next question may find an answer
    }
    setTimeout(ask, 2000);
  };
  setTimeout(ask, 1000);
})();
