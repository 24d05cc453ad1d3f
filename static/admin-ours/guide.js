/* The forms of campaigns and coupons: fields that fit the kind of benefit, rows and chips, the step rail, and the aside
 * that asks the server 300 ms after the last change. Old figures stay, dimmed, until the new ones are here. */
(function () {
  "use strict";
  const form = document.getElementById("campaign_form") || document.getElementById("coupon_form");
  if (!form) return;
  const WAIT_MS = 300;
  const $ = (id) => document.getElementById(id);
  const changed = () => form.dispatchEvent(new Event("change", { bubbles: true }));

  /* fields that belong to some kinds of benefit only */
  const kinds = document.querySelector("[data-benefit]");
  const kind = kinds && $(kinds.dataset.benefit);
  function fit() {
    if (!kind) return;
    for (const field of form.querySelectorAll("[data-when]")) {
      field.hidden = !field.dataset.when.split(" ").includes(kind.value);
    }
  }
  if (kind) { kind.addEventListener("change", fit); fit(); }

  /* one more row where rows are named <field>-<row>-<column> */
  const plus = (text) => Object.assign(document.createElement("button"), { type: "button", className: "cp-button cp-addrow", textContent: text });
  for (const table of form.querySelectorAll("table.cp-rows:not([data-formset])")) {
    if (table.querySelector("input[disabled]")) continue;
    const add = plus(table.dataset.add);
    add.addEventListener("click", () => {
      const rows = table.tBodies[0].rows;
      const row = rows[rows.length - 1].cloneNode(true);
      for (const input of row.querySelectorAll("input")) {
        input.name = input.name.replace(/-(\d+)-(?=[^-]*$)/, (_, n) => `-${Number(n) + 1}-`);
        if (input.id) input.id = "id_" + input.name;
        if (input.type === "checkbox") input.checked = false; else input.value = "";
      }
      table.tBodies[0].append(row);
      row.querySelector("input").focus();
    });
    table.closest(".cp-scroll").after(add);
  }

  /* one more form of a formset, from its template */
  for (const button of document.querySelectorAll("[data-add-form]")) {
    button.addEventListener("click", () => {
      const prefix = button.dataset.addForm;
      const total = $(`id_${prefix}-TOTAL_FORMS`);
      const box = document.createElement("tbody");
      box.innerHTML = $(`${prefix}-empty`).innerHTML.replace(/__prefix__/g, total.value);
      total.value = Number(total.value) + 1;
      const row = box.firstElementChild;
      document.querySelector(`[data-formset="${prefix}"] tbody`).append(row);
      row.querySelector("select, input:not([type=hidden])").focus();
    });
  }

  /* what a coupon covers */
  for (const box of document.querySelectorAll(".cp-targets")) targets(box);

  function targets(box) {
    const list = box.querySelector(".cp-chips");
    const search = box.querySelector("input[type=search]");
    if (!search) return;
    const found = box.querySelector("[role=listbox]");
    let timer, asked = 0, at = -1;

    list.addEventListener("click", (event) => {
      const chip = event.target.closest("li");
      if (event.target.matches(".gone")) { chip.remove(); search.focus(); changed(); }
      if (event.target.matches(".mode")) {
        const input = chip.querySelector("input");
        const out = chip.classList.toggle("out");
        input.value = (out ? "exclude" : "include") + input.value.slice(input.value.indexOf("|"));
        event.target.textContent = out ? box.dataset.exclude : box.dataset.include;
        changed();
      }
    });

    function add(item) {
      close();
      search.value = "";
      const value = `include|${item.kind}|${item.id}`;
      if ([...list.querySelectorAll("input")].some((input) => input.value.slice(8) === value.slice(8))) return;
      const chip = document.createElement("li");
      const part = (tag, className, text) => Object.assign(document.createElement(tag), { className, textContent: text });
      chip.append(
        Object.assign(document.createElement("input"), { type: "hidden", name: box.dataset.name, value }),
        part("span", "kind", item.kind_text), Object.assign(part("span", "name", item.name), { title: item.note }),
        Object.assign(part("button", "mode", box.dataset.include), { type: "button" }),
        Object.assign(part("button", "gone", "×"), { type: "button", ariaLabel: `${box.dataset.remove} ${item.name}` }),
      );
      list.append(chip);
      changed();
    }

    function close() {
      found.hidden = true;
      found.replaceChildren();
      at = -1;
      search.setAttribute("aria-expanded", "false");
      search.removeAttribute("aria-activedescendant");
    }

    function say(text) {
      const item = Object.assign(document.createElement("li"), { className: "none", textContent: text });
      found.replaceChildren(item);
      found.hidden = false;
    }

    async function ask() {
      const number = ++asked;
      const text = search.value.trim();
      if (!text) return close();
      let answer;
      try {
        answer = await (await fetch(`${box.dataset.url}?q=${encodeURIComponent(text)}`)).json();
      } catch { if (number === asked) say(box.dataset.failed); return; }
      if (number !== asked) return;
      if (!answer.found.length) return say(box.dataset.none);
      found.replaceChildren(...answer.found.map((item, i) => {
        const option = document.createElement("li");
        option.setAttribute("role", "option");
        option.id = `${found.id}_${i}`;
        const kindText = Object.assign(document.createElement("span"), { className: "kind", textContent: item.kind_text });
        const note = Object.assign(document.createElement("span"), { className: "note", textContent: item.note });
        option.append(kindText, item.name, note);
        option.addEventListener("mousedown", (event) => { event.preventDefault(); add(item); });
        option.pick = () => add(item);
        return option;
      }));
      found.hidden = false;
      at = -1;
      search.setAttribute("aria-expanded", "true");
    }

    search.addEventListener("input", (event) => { event.stopPropagation(); clearTimeout(timer); timer = setTimeout(ask, 150); });
    search.addEventListener("change", (event) => event.stopPropagation());
    search.addEventListener("blur", () => setTimeout(close, 100));
    search.addEventListener("keydown", (event) => {
      const options = [...found.querySelectorAll("[role=option]")];
      if (event.key === "Escape") return close();
      if (event.key === "Enter") { event.preventDefault(); if (options.length) options[Math.max(at, 0)].pick(); return; }
      if (!["ArrowDown", "ArrowUp"].includes(event.key) || !options.length) return;
      event.preventDefault();
      at = (at + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length;
      options.forEach((option, i) => option.setAttribute("aria-selected", String(i === at)));
      options[at].scrollIntoView({ block: "nearest" });
      search.setAttribute("aria-activedescendant", options[at].id);
    });
  }

  /* step rail and aside */
  const aside = $("aside");
  if (!aside || !aside.dataset.live) return;
  const rail = $("rail");
  const cards = rail ? [...rail.querySelectorAll("li")].map((li) => ({ li, card: $(li.dataset.card) })) : [];
  let faults = {}, checks = [], here = cards[0] && cards[0].card.id;

  /* nothing is wrong yet with a new form's field that nobody has been in */
  const fresh = aside.dataset.live.endsWith("/add/live/");
  const been = new Set();
  form.addEventListener("focusout", (event) => { if (event.target.id) { been.add(event.target.id); if (fresh && Object.keys(faults).length) { paintFaults(); paintRail(); } } });
  form.addEventListener("change", (event) => { if (event.target.id) been.add(event.target.id); });
  const shown = (id) => !fresh || [...been].some((each) => each === id || each.startsWith(id + "_"));

  function wrongIn(card) {
    return Object.keys(faults).filter((id) => id && shown(id) && (card.contains($(id)) || card.querySelector(`[id^="${id}"], [name^="${id.slice(3)}"]`))).length;
  }

  function paintRail() {
    for (const { li, card } of cards) {
      const wrong = wrongIn(card) + card.querySelectorAll(".errors, .wrong:not([data-live])").length;
      const open = checks.some((check) => check.state === "failed" && check.fix.startsWith("#") && card.contains(document.querySelector(check.fix)))
        || (card.id === "card-live" && (!checks.length || checks.some((check) => check.state === "failed")));
      const note = li.querySelector("span");
      li.className = wrong ? "failed" : card.id === here ? "now" : !open && checks.length ? "done" : "";
      li.toggleAttribute("aria-current", card.id === here);
      note.textContent = wrong ? rail.dataset.wrong : card.id === here ? rail.dataset.now : !open && checks.length ? rail.dataset.done : rail.dataset.todo;
    }
  }

  form.addEventListener("focusin", (event) => {
    const card = event.target.closest(".cp-step");
    if (card && card.id !== here) { here = card.id; paintRail(); }
  });

  function paintFaults() {
    for (const old of form.querySelectorAll(".wrong[data-live]")) old.remove();
    for (const [id, texts] of Object.entries(faults)) {
      if (!shown(id)) continue;
      const input = $(id) || form.querySelector(`[id^="${id}_"]`);
      const field = input && input.closest(".cp-f, td");
      if (!field || field.querySelector(".wrong")) continue;
      field.append(...texts.map((text) => Object.assign(document.createElement("p"), { className: "wrong", textContent: text })));
      field.querySelectorAll("p.wrong").forEach((p) => { p.dataset.live = "1"; });
    }
  }

  function paintChecks() {
    const list = $("checks");
    if (!list || !checks.length) return;
    if ($("checks-none")) $("checks-none").hidden = true;
    list.replaceChildren(...checks.map((check) => {
      const row = Object.assign(document.createElement("li"), { className: check.state });
      const span = (className, text) => Object.assign(document.createElement("span"), { className, textContent: text });
      const icon = span("cp-icon", check.icon);
      icon.ariaHidden = "true";
      row.append(icon, span("cp-hidden", check.word + ":"), span("text", check.text), span("cp-mute", check.value));
      if (check.fix) row.append(Object.assign(document.createElement("a"), { className: "cp-link", href: check.fix, textContent: check.fix_text }));
      return row;
    }));
  }

  function paintTicket(ticket) {
    for (const part of aside.querySelectorAll("[data-ticket]")) part.textContent = ticket[part.dataset.ticket];
    $("headline-fits").hidden = ticket.title.length <= 40;
  }

  function paintSample(sample) {
    const box = $("sample-off"), spend = $("sample-spend");
    if (!sample) { box.textContent = ""; return; }
    if (!spend.value) spend.placeholder = sample.spend;
    box.textContent = sample.applied ? `−${sample.off} → ${sample.pay}` : sample.reasons.join("; ");
    box.className = sample.applied ? "yes" : "no";
  }

  let timer, round = 0, running;
  function ask() {
    const number = ++round;
    if (running) running.abort();
    running = new AbortController();
    const body = new FormData(form);
    for (const each of [...body.keys()]) if (each.startsWith("_")) body.delete(each);
    const options = { method: "POST", body, signal: running.signal, headers: { "X-CSRFToken": body.get("csrfmiddlewaretoken") } };
    aside.classList.add("waiting");
    if ($("reach")) { $("reach").setAttribute("aria-busy", "true"); $("reach-when").textContent = aside.dataset.wait; }
    const news = (answer) => { if (!answer.ok) throw new Error(answer.status); return answer.json(); };
    const failed = (error) => { if (number === round && error.name !== "AbortError") done(aside.dataset.failed); };
    fetch(aside.dataset.live, options).then(news).then((found) => {
      if (number !== round) return undefined;
      faults = found.errors || {};
      checks = found.checks || checks;
      paintFaults(); paintChecks(); paintRail();
      if (found.ticket) paintTicket(found.ticket);
      if (found.checks) paintSample(found.sample);
      $("overlap").hidden = !found.overlap;
      $("overlap").querySelector("p").textContent = found.overlap || "";
      // one after the other: both try the same rows of one draft
      return aside.dataset.reach ? fetch(aside.dataset.reach, options).then(news) : done("");
    }).then((found) => {
      if (number !== round || !found) return;
      const shown = !$("reach-body").querySelector(".cp-empty"); // nothing was filled in yet, so nothing is marked
      done(found.html !== undefined ? aside.dataset.now : shown ? aside.dataset.fill : "");
      if (found.html !== undefined) { $("reach-body").innerHTML = found.html; if ($("footer-reach")) $("footer-reach").textContent = found.line || ""; }
    }).catch(failed);
  }

  function done(text) {
    aside.classList.remove("waiting");
    if (!$("reach")) return;
    $("reach").setAttribute("aria-busy", "false");
    $("reach-when").textContent = text;
  }

  function later() { clearTimeout(timer); timer = setTimeout(ask, WAIT_MS); }
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  if ($("sample-spend")) $("sample-spend").addEventListener("input", later);
  paintRail();
  ask();
})();
