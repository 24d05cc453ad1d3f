/* One theme for every chart, on the Chart.js that Unfold loads. A canvas names its data:
 *   <canvas data-cp-chart="id-of-a-json-script" role="img" aria-label="..."></canvas>
 * The JSON: {labels?, series: [{name, data, color, dash?, fill?, points?}], xy?, log?, x?: {min, max, title}, y?: {...}, lines?}
 * Colours are token names (c1, c2, muted), read again whenever the theme changes. */
(function () {
  "use strict";
  const charts = [];
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue("--cp-" + name).trim();
  const font = () => ({ size: 11, family: token("font") });

  const marks = {
    id: "cpMarks",
    afterDatasetsDraw(chart) {
      const { ctx, chartArea: area, scales } = chart;
      for (const line of chart.options.plugins.cpMarks.lines || []) {
        ctx.save();
        ctx.strokeStyle = ctx.fillStyle = token(line.color || "mute");
        ctx.setLineDash([3, 3]);
        ctx.font = "11px " + token("font");
        ctx.beginPath();
        if (line.x !== undefined) {
          const at = scales.x.getPixelForValue(line.x);
          const right = at > area.right - 60;
          ctx.moveTo(at, area.top);
          ctx.lineTo(at, area.bottom);
          ctx.textAlign = right ? "right" : "left";
          ctx.fillText(line.text || "", at + (right ? -4 : 4), area.top + 10);
        } else {
          const at = scales.y.getPixelForValue(line.y);
          ctx.moveTo(area.left, at);
          ctx.lineTo(area.right, at);
          ctx.fillText(line.text || "", area.left + 6, at - 5);
        }
        ctx.stroke();
        ctx.restore();
      }
    },
  };

  function colour(set) {
    const color = token(set.cpSeries.color);
    set.borderColor = set.pointBackgroundColor = set.pointBorderColor = color;
    set.backgroundColor = set.cpSeries.fill ? color + "22" : color;
    return set;
  }

  function dataset(series) {
    return colour({
      label: series.name, data: series.data, fill: Boolean(series.fill), borderWidth: 2,
      borderDash: series.dash ? [5, 4] : [], pointRadius: series.points || 0, pointHoverRadius: 4,
      showLine: series.line !== false, spanGaps: true, cpSeries: series,
    });
  }

  function paint(chart) {
    chart.data.datasets.forEach(colour);
    for (const key of ["x", "y"]) {
      const axis = chart.options.scales[key];
      axis.grid.color = key === "x" ? "transparent" : token("line");
      axis.ticks.color = token("mute");
      axis.border = { display: false };
      axis.title.color = token("mute");
    }
    const tip = chart.options.plugins.tooltip;
    tip.backgroundColor = token("ink");
    tip.titleColor = tip.bodyColor = token("card");
    chart.update();
  }

  function percent(value) {
    return [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1].some((v) => Math.abs(v - value) < v / 100)
      ? (value * 100).toLocaleString(document.documentElement.lang) + "%" : null;
  }

  function scale(spec, options, config) {
    return {
      type: config.log ? "logarithmic" : config.xy ? "linear" : options.category ? "category" : "linear",
      min: spec.min, max: spec.max, beginAtZero: spec.zero || false, grid: {},
      ticks: {
        font: font(), maxRotation: 0, includeBounds: false, autoSkip: !config.log && Boolean(options.category), autoSkipPadding: 24, maxTicksLimit: config.log ? 40 : options.ticks,
        ...(config.log ? { callback: percent } : {}),
      },
      title: { display: Boolean(spec.title), text: spec.title || "", font: font() },
    };
  }

  function draw(canvas, config) {
    const chart = new Chart(canvas, {
      type: "line",
      data: { labels: config.labels, datasets: config.series.map(dataset) },
      plugins: [marks],
      options: {
        responsive: true, maintainAspectRatio: false, animation: false,
        interaction: { mode: config.xy ? "nearest" : "index", intersect: false },
        plugins: {
          legend: { display: false }, cpMarks: { lines: config.lines || [] },
          tooltip: { padding: 8, boxPadding: 4, usePointStyle: true },
        },
        scales: {
          x: scale(config.x || {}, { category: true, ticks: 14 }, config),
          y: scale(config.y || {}, { category: false, ticks: 6 }, config),
        },
      },
    });
    charts.push(chart);
    canvas.cpChart = chart;
    paint(chart);
    return chart;
  }

  window.cpCharts = { draw, paint, dataset };
  document.addEventListener("DOMContentLoaded", () => {
    for (const canvas of document.querySelectorAll("canvas[data-cp-chart]")) {
      draw(canvas, JSON.parse(document.getElementById(canvas.dataset.cpChart).textContent));
    }
  });
  new MutationObserver(() => requestAnimationFrame(() => charts.forEach(paint)))
    .observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
})();
