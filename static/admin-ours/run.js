/* The page of a training run: asks for news every 2 s while the page is visible (every 10 s after a minute without
 * any), adds points to the loss curves, and never redraws the page. At the end it fetches the page once and puts the
 * finished parts in place. Sentences come from the server (#run-words). */
(function () {
  "use strict";
  const FAST = 2000, SLOW = 10000, UNCHANGED = 60000;
  const root = document.getElementById("run");
  if (!root) return;
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const words = read("run-words");
  const at = (id) => document.getElementById(id);
  const curves = new Map();
  let cursor = 0, logCursor = 0, changedAt = Date.now(), seen = "", stage = "", timer = 0;

  const fill = (text, values) => text.replace(/%\((\w+)\)s/g, (_, name) => values[name]);
  const short = (value) => Number(value).toPrecision(3);
  const setText = (node, text) => { if (node.textContent !== text) node.textContent = text; };

  function element(tag, className, text) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  }

  function legend(name, color) {
    const item = element("span");
    item.append(element("i", color), name);
    return item;
  }

  /* One card for an estimator: curve of training and validation loss, and the same as a table. */
  function card(name) {
    const section = element("section", "cp-card");
    const heading = element("h2", "", name);
    heading.id = "h-loss-" + curves.size;
    section.setAttribute("aria-labelledby", heading.id);
    const head = element("div", "cp-head");
    const marks = element("span", "cp-legend end");
    marks.append(legend(words.training, "c1"), legend(words.validation, "c2"));
    head.append(heading, marks);
    const frame = element("div", "cp-canvas");
    const canvas = element("canvas");
    canvas.setAttribute("role", "img");
    frame.append(canvas);
    const details = element("details", "cp-asatable");
    const box = element("div");
    const table = element("table", "cp-table");
    const row = table.createTHead().insertRow();
    for (const title of [words.round, words.epoch, words.training, words.validation]) {
      const cell = element("th", "cp-right", title);
      cell.scope = "col";
      row.append(cell);
    }
    box.append(table);
    details.append(element("summary", "", words.table), box);
    section.append(head, frame, details);
    at("run-charts").hidden = false;
    at("run-charts").append(section);
    const chart = window.cpCharts.draw(canvas, {
      xy: true, lines: [], x: { title: words.epoch, min: 1 }, y: {}, series: [],
    });
    chart.options.scales.x.ticks.precision = 0;
    return { canvas, chart, body: table.createTBody(), name, best: null, round: null, most: 2 };
  }

  /* An estimator is fitted several times in a run: former fits stay as pale lines under the present one. */
  function beginRound(curve, round) {
    const sets = curve.chart.data.datasets;
    for (const set of sets) {
      set.cpSeries = { ...set.cpSeries, color: "muted" };
      set.borderDash = [5, 4];
      set.pointRadius = 0;
    }
    sets.push(
      window.cpCharts.dataset({ name: words.training, data: [], color: "c1", points: 2 }),
      window.cpCharts.dataset({ name: words.validation, data: [], color: "c2", points: 2 }),
    );
    Object.assign(curve, { round, best: null });
    window.cpCharts.paint(curve.chart);
  }

  function addPoint(curve, round, epoch, epochs, loss, valLoss) {
    if (curve.round !== round) beginRound(curve, round);
    const [training, validation] = curve.chart.data.datasets.slice(-2);
    training.data.push({ x: epoch, y: loss });
    if (valLoss !== null) {
      validation.data.push({ x: epoch, y: valLoss });
      if (!curve.best || valLoss < curve.best.y) curve.best = { x: epoch, y: valLoss };
    }
    // trees count their steps in hundreds, and early stopping ends before the most that was allowed
    curve.most = Math.max(curve.most, epochs);
    curve.chart.options.scales.x.max = curve.most <= 60 ? curve.most : undefined;
    const row = curve.body.insertRow();
    for (const value of [round || "–", epoch, short(loss), valLoss === null ? "–" : short(valLoss)]) {
      row.append(element("td", "cp-right", value));
    }
    curve.last = { epoch, loss, valLoss };
  }

  function finishCurve(curve) {
    const { epoch, loss, valLoss } = curve.last;
    const best = curve.best;
    curve.chart.options.plugins.cpMarks.lines = best ? [{ x: best.x, text: fill(words.best, { epoch: best.x }) }] : [];
    curve.canvas.setAttribute("aria-label", fill(valLoss === null ? words.loss : words.val_loss, {
      name: curve.name, loss: short(loss), val: valLoss === null ? "" : short(valLoss), epoch, best: best ? best.x : "",
    }));
    curve.chart.update();
  }

  function showEpochs(points) {
    const touched = new Set();
    for (const [estimator, name, round, epoch, epochs, loss, valLoss] of points) {
      if (!curves.has(estimator)) curves.set(estimator, card(name));
      addPoint(curves.get(estimator), round, epoch, epochs, loss, valLoss);
      touched.add(curves.get(estimator));
    }
    touched.forEach(finishCurve);
  }

  function showStages(stages) {
    const list = at("run-stages");
    stages.forEach((item, index) => {
      const line = list.children[index] || list.appendChild(element("li"));
      if (!line.firstElementChild) line.append(element("b"), element("span"));
      if (line.className !== item.state) line.className = item.state;
      if (item.state === "now") line.setAttribute("aria-current", "step");
      else line.removeAttribute("aria-current");
      setText(line.children[0], item.label);
      setText(line.children[1], item.note);
    });
  }

  function show(state, first) {
    setText(at("run-headline"), state.headline);
    setText(at("run-facts"), state.facts);
    setText(at("run-left"), state.left);
    setText(at("run-silence"), state.silence);
    const pill = at("run-pill");
    pill.className = "cp-pill " + state.tone;
    setText(pill.children[0], state.icon);
    setText(pill.children[1], state.status_text);
    const bar = at("run-bar");
    bar.className = "cp-bar " + ({ succeeded: "ok", failed: "bad", cancelled: "plain" }[state.status] || "");
    bar.setAttribute("aria-valuenow", state.percent);
    bar.firstElementChild.style.width = state.percent + "%";
    showStages(state.stages);
    showEpochs(state.epochs);
    if (state.log && !first) at("run-log").append(state.log);
    cursor = state.cursor;
    logCursor = state.log_cursor;
    // only changes of stage are spoken, not every epoch
    if (state.headline !== stage && !first) at("run-said").textContent = state.headline;
    stage = state.headline;
    const now = JSON.stringify([state.status, state.stages, cursor, logCursor]);
    if (now !== seen) changedAt = Date.now();
    seen = now;
  }

  /* The run has ended: results that only the server can draw are fetched and put where they belong. */
  async function finish() {
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    const fresh = page.getElementById("run");
    if (!fresh) return;
    const kept = at("run-charts");
    const children = [...fresh.children].map((node) => (node.id === "run-charts" ? kept : document.importNode(node, true)));
    root.replaceChildren(...children);
    const actions = page.getElementById("run-actions");
    if (actions && at("run-actions")) at("run-actions").replaceWith(document.importNode(actions, true));
    for (const canvas of root.querySelectorAll("canvas[data-cp-chart]")) window.cpCharts.draw(canvas, read(canvas.dataset.cpChart));
    window.cpCutOff();
  }

  async function poll() {
    if (document.hidden) return;
    try {
      const answer = await fetch(`${root.dataset.poll}?after=${cursor}&log=${logCursor}`, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const state = await answer.json();
      show(state, false);
      if (state.ended) return void (await finish());
    } catch (error) {
      setText(at("run-silence"), words.offline);
    }
    later();
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(poll, Date.now() - changedAt > UNCHANGED ? SLOW : FAST);
  }

  document.addEventListener("DOMContentLoaded", () => {
    const state = read("run-state");
    show(state, true);
    if (state.ended) return;
    later();
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) poll();
    });
  });
})();
