/* One cut-off: the slider moves the counts of right and wrong and the point on the ROC curve together. */
(function () {
  "use strict";
  const lang = document.documentElement.lang;
  const share = (part, whole) => (whole ? part / whole : 0);
  const percent = (value) => (100 * value).toFixed(1) + "%";

  window.cpCutOff = function () {
    const slider = document.getElementById("cut-range");
    if (!slider) return;
    const data = JSON.parse(document.getElementById("cut-data").textContent);
    const cells = document.querySelectorAll("#cut-off .cp-cut tbody td");
    const canvas = document.querySelector("canvas[data-cp-chart=chart-roc]");
    const said = document.getElementById("cut-said");
    const words = said.textContent.replace(String(data.hundred), "%n");
    let mark = null;
    if (canvas && canvas.cpChart) {
      mark = window.cpCharts.dataset({ name: document.getElementById("h-cut").textContent, data: [], color: "ink", points: 6, line: false });
      canvas.cpChart.data.datasets.push(mark);
    }

    function fill(cell, count, whole) {
      const part = share(count, whole);
      cell.style.setProperty("--cp-k", Math.round(46 * part) + "%");
      cell.children[0].textContent = count.toLocaleString(lang);
      cell.children[1].textContent = percent(part);
    }

    function show() {
      const [threshold, hit, wrong] = data.points[Number(slider.value)];
      const text = threshold.toFixed(4);
      document.getElementById("cut-value").textContent = text;
      slider.setAttribute("aria-valuetext", text);
      fill(cells[0], hit, data.positives);
      fill(cells[1], data.positives - hit, data.positives);
      fill(cells[2], wrong, data.negatives);
      fill(cells[3], data.negatives - wrong, data.negatives);
      said.textContent = words.replace("%n", String(Math.round(100 * share(hit, hit + wrong))));
      if (mark) {
        mark.data = [{ x: share(wrong, data.negatives), y: share(hit, data.positives) }];
        canvas.cpChart.update();
      }
    }

    slider.addEventListener("input", show);
    show();
  };
  document.addEventListener("DOMContentLoaded", () => window.cpCutOff());
})();
