/* Names for controls that the frame draws without one: type-ahead fields take their label's text, inputs of a row the
 * heading of their column. What is added later (a new row) is named as well. */
(function () {
  "use strict";
  const text = (node) => (node ? node.textContent.trim().replace(/\s+/g, " ") : "");

  function nameOf(control) {
    if (control.labels && control.labels.length) return text(control.labels[0]);
    const cell = control.closest("td");
    const table = cell && cell.closest("table");
    const heading = table && table.tHead && table.tHead.rows[0] && table.tHead.rows[0].cells[cell.cellIndex];
    return text(heading) || control.getAttribute("aria-label") || control.name || "";
  }

  function name(root) {
    for (const box of root.querySelectorAll(".select2-selection")) {
      const select = box.closest(".select2") && box.closest(".select2").previousElementSibling;
      const shown = box.querySelector("[role=textbox]");
      if (select && select.tagName === "SELECT") {
        const words = nameOf(select);
        const typed = box.querySelector(".select2-search__field"); // where several can be chosen
        for (const part of [box, shown, typed]) if (part && !part.getAttribute("aria-label")) part.setAttribute("aria-label", words);
      }
    }
    for (const tip of root.querySelectorAll(".help-tooltip[aria-label]")) tip.setAttribute("role", "img");
    for (const control of root.querySelectorAll("input:not([type=hidden]), select, textarea")) {
      if (control.closest("td") && !(control.labels && control.labels.length) && !control.getAttribute("aria-label")) {
        control.setAttribute("aria-label", nameOf(control));
      }
    }
    for (const box of root.querySelectorAll(".overflow-x-auto, .simplebar-content-wrapper")) if (!box.hasAttribute("tabindex")) box.tabIndex = 0;
  }

  document.addEventListener("DOMContentLoaded", () => {
    const main = document.getElementById("main") || document.body;
    name(main);
    setTimeout(() => name(main), 0); // after the type-ahead fields were drawn
    new MutationObserver((changes) => {
      if (changes.some((change) => change.addedNodes.length)) requestAnimationFrame(() => name(main));
    }).observe(main, { childList: true, subtree: true });
  });
})();
