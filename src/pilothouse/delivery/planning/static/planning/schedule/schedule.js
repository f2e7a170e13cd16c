// SPDX-License-Identifier: Apache-2.0
// <ph-schedule>: grid and chart of a plan. The server alone computes; every edit goes there and its answer is shown.

import { Chart, LEVELS } from "./chart.js";
import { Choice } from "./choice.js";
import * as clipboard from "./clipboard.js";
import { addOwn, COLUMNS, Refused } from "./columns.js";
import * as commands from "./commands.js";
import { Details } from "./details.js";
import { Editor } from "./editor.js";
import { Grid } from "./grid.js";
import { command } from "./keys.js";
import { Look } from "./look.js";
import { Plan } from "./plan.js";
import * as pointer from "./pointer.js";
import { Answer, Server } from "./server.js";
import { DAY, day, instant, say } from "./words.js";

const HEAD = 52;
const FLASH = 2500;

class Schedule extends HTMLElement {
  async connectedCallback() {
    if (this.server) return;
    this.pending = new Set();
    this.newest = 0;
    this.others = this.dragging = this.loading = false;
    this.typedAhead = this.refusal = null;
    this.may = this.hasAttribute("may-edit");
    this.server = new Server(this.dataset.api, this.dataset.promises, (answer) => this.#took(answer));
    addOwn(JSON.parse(this.dataset.own || "[]"));
    this.look = new Look(this, JSON.parse(this.dataset.look || "{}"));
    this.status = document.getElementById("ph-s-status");
    let sheet;
    try {
      sheet = await this.server.sheet();
    } catch (error) {
      this.tell(error instanceof Answer ? error.message : say("offline"), true);
      return;
    }
    this.plan = new Plan(sheet);
    this.#recall();
    this.#build();
    this.#listen();
    this.#follow();
    this.resize();
    this.#home();
    const asked = Number(new URLSearchParams(location.search).get("task"));
    if (this.plan.byUid.has(asked)) this.#show(asked);
    else this.#now();
    this.toggleAttribute("ready", true);
  }

  // --- what stands on the screen ---

  #build() {
    this.options = {
      label: this.getAttribute("label"),
      columns: this.look.columns,
      may: this.may,
      today: instant(this.dataset.today),
      todayWord: say("today"),
      ...this.look.shown,
    };
    this.innerHTML = `<div class="ph-s-scroll" tabindex="-1"><div class="ph-s-size"><div class="ph-s-stage"><div class="ph-s-left"></div><div class="ph-s-split" role="separator" aria-orientation="vertical" tabindex="0"></div><div class="ph-s-right" tabindex="0" role="group"></div></div></div></div><div class="ph-s-tip" hidden></div><div class="ph-s-why ph-s-over" id="ph-s-why" role="alert" hidden></div>`;
    this.scroll = this.querySelector(".ph-s-scroll");
    this.size = this.querySelector(".ph-s-size");
    this.stage = this.querySelector(".ph-s-stage");
    this.left = this.querySelector(".ph-s-left");
    this.right = this.querySelector(".ph-s-right");
    this.split = this.querySelector(".ph-s-split");
    this.split.setAttribute("aria-label", say("split"));
    this.right.setAttribute("aria-label", say("chart"));
    this.hint = this.querySelector(".ph-s-tip");
    this.plan.status = instant(this.plan.head.status_date);
    this.rowHeight = matchMedia("(pointer: coarse)").matches ? 44 : 32;
    this.style.setProperty("--row-height", `${this.rowHeight}px`);
    this.grid = new Grid(this.left, this.plan, this.options);
    this.chart = new Chart(this.right, this.plan, this.options);
    this.choice = new Choice(this.plan, () => this.grid.keys);
    this.editor = new Editor(this.grid, this.querySelector(".ph-s-over"), (edit, next) => this.#typed(edit, next));
    this.details = new Details(this);
    if (this.plan.shown.length) this.choice.to(this.plan.shown[0].uid, "name");
  }

  resize() {
    const wide = this.scroll.clientWidth;
    this.stage.style.height = `${this.scroll.clientHeight}px`;
    this.left.style.width = `${Math.min(Math.max(this.look.split, 160), Math.max(160, wide - 120))}px`;
    this.split.setAttribute("aria-valuenow", Math.round((100 * this.left.clientWidth) / Math.max(wide, 1)));
    this.size.style.height = `${HEAD + this.plan.shown.length * this.rowHeight + 48}px`;
    this.chart.window = null;
    this.paint();
  }

  /** Draw what is in sight. */
  paint() {
    // All is measured before anything is written: the browser would lay the page out twice.
    const top = this.scroll.scrollTop;
    const height = this.scroll.clientHeight - HEAD;
    const [left, width] = [this.right.scrollLeft, this.right.clientWidth];
    const rows = new Set(this.choice.rows());
    const state = { active: this.choice.active, rows, keys: this.choice.columns() };
    this.grid.draw(top, height, this.rowHeight, state);
    this.chosen = this.chosenKey === [...rows].join() ? this.chosen : rows;
    this.chosenKey = [...rows].join();
    this.chart.draw({ top, height, left, width }, this.rowHeight, this.chosen);
    this.#tools(rows);
  }

  later() {
    this.turn ??= requestAnimationFrame(() => {
      this.turn = null;
      this.paint();
    });
  }

  /** A line over the status bar; a refusal is read out at once. */
  tell(text, wrong = false) {
    this.status.textContent = text;
    this.status.classList.toggle("ph-s-wrong", wrong);
    this.status.setAttribute("role", wrong ? "alert" : "status");
  }

  tip(text, event) {
    this.hint.hidden = !text;
    if (!text) return;
    this.hint.textContent = text;
    const box = this.getBoundingClientRect();
    const x = Math.min(event.clientX - box.left + 14, box.width - 240);
    this.hint.style.transform = `translate(${x}px, ${event.clientY - box.top + 16}px)`;
  }

  #tools(rows) {
    const some = rows.size > 0;
    for (const button of document.querySelectorAll("[data-do]")) {
      const needs = button.dataset.needs;
      if (needs) button.disabled = needs === "rows" ? !some : rows.size < 2;
    }
  }

  #counts() {
    const set = (name, text) => {
      for (const place of document.querySelectorAll(`[data-fact="${name}"]`)) place.textContent = text;
    };
    const works = this.plan.rows.filter((row) => !row.summary && row.active);
    set("finish", day(instant(this.plan.head.finish)) || "–");
    set("critical", `${works.filter((row) => row.critical).length} / ${works.length}`);
    set("version", this.plan.head.plan_version);
    document.getElementById("ph-s-none")?.toggleAttribute("hidden", this.plan.rows.length > 0);
    const none = this.plan.rows.length > 0 && !this.plan.shown.length;
    document.getElementById("ph-s-nomatch")?.toggleAttribute("hidden", !none);
  }

  // --- edits ---

  /** Queue steps; what is refused is told, and shown at the cell that asked. */
  async send(make, cell = null) {
    this.tell(say("saving"));
    if (cell) this.pending.add(cell.seen);
    let steps = [];
    try {
      const answer = await this.server.edit(() => (steps = make()));
      if (!answer && !this.server.waiting) this.tell("");
      return true;
    } catch (error) {
      await this.#refused(error, cell, steps);
      return false;
    } finally {
      if (cell) this.pending.delete(cell.seen);
      this.catchUp();
    }
  }

  async again(kind) {
    this.tell(say("saving"));
    try {
      await this.server[kind]();
    } catch (error) {
      await this.#refused(error, null, []);
    }
    this.catchUp();
  }

  #took(answer) {
    const before = this.plan.shown.length;
    const { sheet } = answer;
    const knew = this.plan.head.plan_version;
    if (answer.plan_version > knew + 1) this.others = true;
    this.plan.apply(sheet);
    this.#ownChanges(new Set(sheet.tasks.map(([uid]) => uid)));
    this.#redraw(sheet.tasks.map(([uid]) => uid), sheet.order !== null || before !== this.plan.shown.length || sheet.linked.length > 0 || sheet.assigned.length > 0);
    this.tell(this.#sentence(answer));
    this.#moves(answer);
    if (answer.added.length) this.#added(answer.added[0]);
    this.details.refresh();
  }

  /** One's own answer is no change by others: what waits to be sent is held against it. */
  #ownChanges(uids) {
    const open = this.editor.open?.seen;
    for (const seen of open ? [...this.pending, open] : this.pending) {
      if (seen && uids.has(seen.row.uid) && this.plan.byUid.has(seen.row.uid)) seen.row = { ...this.plan.byUid.get(seen.row.uid) };
    }
  }

  /** Go to a new row, unless somewhere else is being typed; what was typed since Insert is its name. */
  #added(uid) {
    const typed = this.typedAhead;
    this.typedAhead = null;
    if (this.editor.open || document.activeElement?.form?.id === "ph-s-new") return;
    this.#goTo(uid, "name");
    if (typed) this.edit(typed);
  }

  /** The newest that others did, once nothing of one's own is under way. */
  catchUp() {
    const behind = this.others || this.newest > this.plan.head.plan_version;
    if (behind && !this.server.waiting && !this.editor.open && !this.dragging && !this.loading) this.#reload();
  }

  #sentence(answer) {
    const own = new Set(answer.sheet.removed);
    const others = answer.moved.filter((row) => row.start_before !== null && !own.has(row.uid));
    if (!answer.words) return say("nothingChanged");
    const parts = [answer.words.charAt(0).toUpperCase() + answer.words.slice(1)];
    if (others.length === 1) parts.push(say("movedOne", { name: others[0].name, by: shiftOf(others[0]), reason: others[0].reason.replace(/\.$/, "") }));
    else if (answer.tasks_moved) parts.push(say("movedMany", { count: answer.tasks_moved }));
    if (answer.finish_before !== answer.finish_after && answer.finish_after) {
      parts.push(say("finishMoved", { from: day(instant(answer.finish_before)) || "–", to: day(instant(answer.finish_after)) }));
    }
    return `${parts.join(". ")}.`;
  }

  /** What moved and why, for whoever asks. */
  #moves(answer) {
    const list = document.getElementById("ph-s-moves");
    list.replaceChildren();
    for (const row of answer.moved) {
      const item = document.createElement("li");
      const from = row.start_before === null ? say("new") : `${day(instant(row.start_before))} – ${day(instant(row.finish_before))}`;
      const name = document.createElement("strong");
      name.textContent = row.name;
      item.append(name, ` ${from} → ${day(instant(row.start))} – ${day(instant(row.finish))}. ${row.reason}`);
      list.append(item);
    }
    document.getElementById("ph-s-why-moved").hidden = !answer.moved.length;
  }

  async #refused(error, cell, steps) {
    this.typedAhead = null;
    const known = error instanceof Answer || error instanceof Refused;
    if (!known && !(error instanceof TypeError && /fetch/i.test(error.message))) throw error;
    const text = known ? this.#located(error, cell, steps) : say("offline");
    if (error instanceof Answer && error.status === 409) await this.#reload();
    this.tell(text, true);
    if (!cell) return;
    if (this.editor.open) this.refusal = { cell, text };
    else this.#reopen({ cell, text });
  }

  /** The reason, with the row it is about where that is not the one at hand. */
  #located(error, cell, steps) {
    const place = Object.keys(error.fields ?? {}).map((name) => /^steps\.(\d+)$/.exec(name)?.[1]).find(Boolean);
    const row = place === undefined ? null : this.plan.byUid.get(steps[place]?.uid);
    if (!row || row.uid === cell?.uid) return error.message;
    return say("inRow", { row: row.number, name: row.name, reason: error.message });
  }

  /** The cell whose edit was refused, with what was typed and why not. */
  #reopen({ cell, text }) {
    const row = this.plan.byUid.get(cell.uid);
    if (!row) {
      this.tell(`${text} ${say("wasTyped", { typed: cell.typed })}`, true);
      return;
    }
    this.#goTo(cell.uid, cell.key);
    this.editor.begin(row, cell.key, cell.typed, text);
  }

  /** The whole sheet again: somebody else was at work. */
  async #reload() {
    this.loading = true;
    const known = this.plan.head.plan_version;
    try {
      const [sheet, did] = await Promise.all([this.server.sheet(), this.server.whatOthersDid(known)]);
      if (this.server.waiting || sheet.head.plan_version < this.plan.head.plan_version) return;
      this.others = false;
      const changed = this.plan.refresh(sheet);
      this.#redraw(changed, true);
      const last = did.items.find((item) => item.by_label !== this.dataset.me);
      if (last) this.tell(say("otherDid", { name: last.by_label, words: last.words }));
      this.details.refresh();
    } catch (error) {
      if (error instanceof Answer) this.tell(error.message, true);
      this.others = true;
      this.newest = 0;
    } finally {
      this.loading = false;
    }
  }

  #redraw(uids, all) {
    for (const uid of uids) this.grid.flash.add(uid);
    setTimeout(() => {
      for (const uid of uids) this.grid.flash.delete(uid);
    }, FLASH);
    this.plan.status = instant(this.plan.head.status_date);
    const [first, last] = this.plan.span();
    if (all) {
      this.grid.clear();
      this.chart.clear();
    } else {
      this.grid.forget(uids);
      this.chart.forget(uids);
    }
    if (first < this.chart.first || last > this.chart.last) {
      const there = this.chart.at(this.right.scrollLeft);
      this.chart.measure();
      this.right.scrollLeft = this.chart.x(there);
    }
    this.choice.settle();
    this.#counts();
    this.resize();
  }

  #typed(edit, next) {
    this.grid.root.focus({ preventScroll: true });
    if (edit) {
      const uids = next === "all" ? this.choice.rows() : [edit.uid];
      this.send(() => uids.flatMap((uid) => commands.cellSteps(this.plan, uid, edit.key, edit.typed, this.options.today, edit.seen)), edit);
    }
    if (next === "down") this.choice.step(0, 1);
    else if (next === "up") this.choice.step(0, -1);
    else if (next === "right") this.choice.step(1, 0);
    else if (next === "left") this.choice.step(-1, 0);
    this.reveal();
    const refusal = this.refusal;
    this.refusal = null;
    if (refusal) this.#reopen(refusal);
    this.catchUp();
  }

  edit(typed = null) {
    const active = this.choice.active;
    if (!active || !this.may) return;
    this.reveal();
    const row = this.plan.byUid.get(active.uid);
    if (!this.editor.begin(row, active.key, typed)) this.tell(say("readOnly", { column: say(active.key) }), true);
  }

  /** Everything that a key, a button or the menu asks for. */
  do(name, value) {
    const rows = this.choice.rows();
    const act = (make) => rows.length && this.send(() => make(this.choice.rows()));
    const own = {
      edit: () => this.edit(),
      undo: () => this.again("undo"),
      redo: () => this.again("redo"),
      indent: () => act((uids) => [{ do: "indent", uids: this.plan.tops(uids) }]),
      outdent: () => act((uids) => [{ do: "outdent", uids: this.plan.tops(uids) }]),
      up: () => act((uids) => commands.shifted(this.plan, uids, false)),
      down: () => act((uids) => commands.shifted(this.plan, uids, true)),
      add: () => this.#insert(() => [{ do: "add", after: this.choice.rows().at(-1) ?? this.plan.rows.at(-1)?.uid ?? null, tasks: [{ name: say("newTask") }] }]),
      remove: () => act((uids) => [{ do: "delete", uids: this.plan.tops(uids) }]),
      link: () => act((uids) => commands.chained(this.plan, uids)),
      unlink: () => act((uids) => commands.unchained(this.plan, uids)),
      later: () => act((uids) => commands.postponed(this.plan, uids, value ?? 1)),
      longer: () => act((uids) => commands.stretched(this.plan, uids, value ?? 1)),
      clear: () => this.#empty(),
      fill: () => this.#fill(),
      details: () => rows.length && this.details.show(this.choice.active?.uid ?? rows[0]),
      why: () => rows.length && location.assign(this.dataset.why.replace("/0/", `/${this.choice.active?.uid ?? rows[0]}/`)),
    };
    const shared = {
      fold: () => this.#fold(value),
      foldAll: () => this.#foldAll(true),
      unfoldAll: () => this.#foldAll(false),
      today: () => this.#home(),
      bar: () => this.#toBar(),
      zoomIn: () => this.zoom(LEVELS[Math.max(0, LEVELS.indexOf(this.options.zoom) - 1)]),
      zoomOut: () => this.zoom(LEVELS[Math.min(LEVELS.length - 1, LEVELS.indexOf(this.options.zoom) + 1)]),
      help: () => document.getElementById("ph-s-keys").showModal(),
      columns: () => this.look.choose(),
    };
    if (shared[name]) shared[name]();
    else if (name === "why" || name === "details" || this.may) own[name]?.();
  }

  /** A new row; keys pressed before it is there become its name. */
  #insert(make) {
    this.typedAhead = "";
    this.send(make).then(() => (this.typedAhead = null));
  }

  #empty() {
    const key = this.choice.active?.key;
    if (!COLUMNS.get(key)?.steps || key === "name") return this.tell(say("readOnly", { column: say(key) }), true);
    return this.send(() => this.choice.rows().flatMap((uid) => commands.cellSteps(this.plan, uid, key, "", this.options.today)));
  }

  /** The first chosen row's cells into the rows below. */
  #fill() {
    const [first, ...others] = this.choice.rows();
    const keys = this.choice.columns().filter((key) => COLUMNS.get(key).steps);
    return this.send(() => {
      const row = this.plan.byUid.get(first);
      return others.flatMap((uid) => keys.flatMap((key) => commands.cellSteps(this.plan, uid, key, COLUMNS.get(key).edit(row, this.plan), this.options.today)));
    });
  }

  /** Draw the baselines that are asked for, that which counts and two others. */
  async #baselines(box) {
    if (box.hasAttribute("data-counts")) return this.toggle("baseline");
    const asked = [...document.querySelectorAll("[data-baseline]:checked:not([data-counts])")].map((other) => other.dataset.baseline);
    if (asked.length > 2) {
      box.checked = false;
      return this.tell(say("threeBaselines"), true);
    }
    try {
      this.plan.promise(asked.length ? (await this.server.promises(asked)).tasks : []);
      this.chart.measure();
      this.paint();
    } catch (error) {
      await this.#refused(error, null, []);
    }
    return undefined;
  }

  // --- where one looks ---

  zoom(level) {
    const middle = this.chart.at(this.right.scrollLeft + this.right.clientWidth / 2);
    this.options.zoom = level;
    this.chart.measure();
    this.right.scrollLeft = this.chart.x(middle) - this.right.clientWidth / 2;
    this.look.keep({ zoom: level });
    this.paint();
  }

  toggle(name) {
    this.options[name] = !this.options[name];
    this.chart.clear();
    this.grid.clear();
    this.look.keep({ [name]: this.options[name] });
    this.paint();
  }

  #home() {
    const now = this.options.today;
    const [first, last] = this.plan.span();
    const there = now >= first && now <= last ? now - 14 * DAY : first - 3 * DAY;
    this.right.scrollLeft = Math.max(0, this.chart.x(there));
    this.paint();
  }

  /** A task that another page leads to, with its bar. */
  #show(uid) {
    this.#goTo(uid, "name");
    this.#toBar();
    this.grid.root.focus({ preventScroll: true });
  }

  /** Begin where the work is: a few rows above the first that is not done. */
  #now() {
    const row = this.plan.shown.find((one) => !one.summary && one.percent < 100);
    if (row) this.scroll.scrollTop = Math.max(0, (row.place - 3) * this.rowHeight);
    if (row) this.choice.to(row.uid, "name");
    this.paint();
  }

  #toBar() {
    const row = this.plan.byUid.get(this.choice.active?.uid);
    if (row?.start != null) this.right.scrollLeft = this.chart.x(row.start) - 80;
  }

  #goTo(uid, key) {
    for (let above = this.plan.byUid.get(uid)?.parent; above; above = above.parent) this.plan.folded.delete(above.uid);
    this.plan.reindex();
    if (!this.plan.placeOf.has(uid) && this.plan.only) document.getElementById("ph-s-filter").reset();
    if (!this.plan.placeOf.has(uid)) return;
    this.choice.to(uid, key ?? this.choice.active?.key ?? "name");
    this.resize();
    this.reveal();
  }

  /** Scroll the active cell into sight. */
  reveal() {
    const place = this.plan.placeOf.get(this.choice.active?.uid);
    if (place === undefined) return;
    const y = place * this.rowHeight;
    const height = this.scroll.clientHeight - HEAD;
    if (y < this.scroll.scrollTop) this.scroll.scrollTop = y;
    else if (y + this.rowHeight > this.scroll.scrollTop + height) this.scroll.scrollTop = y + this.rowHeight - height;
    this.paint();
    const cell = this.grid.cell(this.choice.active.uid, this.choice.active.key);
    if (!cell) return;
    const [pane, box] = [this.left.getBoundingClientRect(), cell.getBoundingClientRect()];
    if (box.left < pane.left) this.left.scrollLeft += box.left - pane.left;
    else if (box.right > pane.right) this.left.scrollLeft += Math.min(box.right - pane.right, box.left - pane.left);
  }

  #fold(folded) {
    const row = this.plan.byUid.get(this.choice.active?.uid);
    if (row?.inside && this.plan.folded.has(row.uid) !== folded) this.#setFold(row.uid, folded);
    else if (folded && row?.parent) this.#goTo(row.parent.uid);
  }

  #setFold(uid, folded) {
    this.plan.fold(uid, folded);
    this.#folded();
  }

  #foldAll(folded) {
    for (const row of this.plan.rows) if (row.inside) (folded ? this.plan.folded.add(row.uid) : this.plan.folded.delete(row.uid));
    this.plan.reindex();
    this.#folded();
  }

  #folded() {
    sessionStorage.setItem(this.#folds, JSON.stringify([...this.plan.folded]));
    this.choice.settle();
    this.grid.clear();
    this.chart.clear();
    this.resize();
  }

  get #folds() {
    return `ph-s-folds:${this.dataset.api}`;
  }

  #recall() {
    try {
      this.plan.folded = new Set(JSON.parse(sessionStorage.getItem(this.#folds) ?? "[]"));
    } catch {
      this.plan.folded = new Set();
    }
    this.plan.reindex();
  }

  filter(kind, words) {
    const typed = words.trim().toLowerCase();
    const today = this.options?.today ?? 0;
    const open = (row) => !row.summary && row.percent < 100;
    const kinds = {
      critical: (row) => row.critical && !row.summary,
      late: (row) => open(row) && row.finish < today,
      soon: (row) => open(row) && row.start < today + 14 * DAY && row.finish >= today - 14 * DAY,
      milestones: (row) => row.milestone,
      unbaselined: (row) => !row.summary && row.baseline_finish === null,
      deadline: (row) => row.deadline !== null && row.finish > row.deadline,
    };
    const named = (row) => row.name.toLowerCase().includes(typed) || (row.wbs ?? "").toLowerCase().startsWith(typed) || (this.plan.people.get(row.uid) ?? []).some((item) => (this.plan.resources.get(item.resource) ?? "").toLowerCase().includes(typed));
    const only = kinds[kind];
    this.plan.filter(only || typed ? (row) => (!only || only(row)) && (!typed || named(row)) : null);
    this.choice.settle();
    this.grid.clear();
    this.chart.clear();
    this.scroll.scrollTop = 0;
    this.#counts();
    this.resize();
  }

  // --- hands and eyes ---

  #listen() {
    this.scroll.addEventListener("scroll", () => this.later(), { passive: true });
    this.right.addEventListener("scroll", () => this.later(), { passive: true });
    new ResizeObserver(() => this.resize()).observe(this.scroll);
    this.grid.root.addEventListener("keydown", (event) => this.#key(event));
    this.left.addEventListener("pointerdown", (event) => this.#pressGrid(event));
    this.left.addEventListener("dblclick", (event) => event.target.closest("[role=gridcell]") && this.edit());
    this.right.addEventListener("pointerdown", (event) => this.#pressChart(event));
    this.right.addEventListener("dblclick", (event) => event.target.closest("[data-uid]") && this.do("details"));
    this.right.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.right.addEventListener("pointermove", (event) => this.#hover(event));
    this.right.addEventListener("pointerleave", () => this.tip(""));
    this.split.addEventListener("pointerdown", (event) => this.#border(event));
    this.split.addEventListener("keydown", (event) => this.#borderKey(event));
    this.grid.root.addEventListener("copy", (event) => this.#copy(event));
    this.grid.root.addEventListener("paste", (event) => this.#paste(event));
    document.addEventListener("click", (event) => {
      const button = event.target.closest("[data-do], [data-zoom], [data-show]");
      if (!button) return;
      if (button.dataset.do) this.do(button.dataset.do);
      else if (button.dataset.zoom) this.zoom(button.dataset.zoom);
      else this.toggle(button.dataset.show);
      this.look.press();
      if (!document.querySelector("dialog[open]") && button.dataset.do !== "why") this.grid.root.focus({ preventScroll: true });
    });
    document.addEventListener("change", (event) => event.target.matches("[data-baseline]") && this.#baselines(event.target));
    for (const box of document.querySelectorAll("[data-counts]")) box.checked = this.options.baseline;
    const search = document.getElementById("ph-s-filter");
    search.addEventListener("input", () => this.filter(search.elements.kind.value, search.elements.words.value));
    search.addEventListener("submit", (event) => event.preventDefault());
    search.addEventListener("reset", () => this.filter("", ""));
    const fresh = document.getElementById("ph-s-new");
    fresh?.addEventListener("submit", (event) => this.#append(event));
    fresh?.addEventListener("paste", (event) => this.#pasteNew(event));
    addEventListener("beforeunload", (event) => this.server.waiting && event.preventDefault());
    this.#counts();
    this.look.press();
  }

  /** A list from a spreadsheet, pasted where one task is typed. */
  #pasteNew(event) {
    const lines = clipboard.read(event.clipboardData.getData("text/plain"));
    if (lines.length < 2) return;
    event.preventDefault();
    const end = { uid: null, key: "name" };
    this.send(() => commands.pasted(this.plan, lines, end, ["name", "duration"], this.options.today));
  }

  async #append(event) {
    event.preventDefault();
    const field = event.target.elements.name;
    const name = field.value.trim();
    if (!name) return;
    field.value = "";
    const kept = await this.send(() => [{ do: "add", after: this.plan.rows.at(-1)?.uid ?? null, tasks: [{ name, level: this.plan.rows.at(-1)?.outline_level ?? 1 }] }]);
    if (!kept && !field.value) field.value = name;
    field.focus();
  }

  #key(event) {
    if (this.editor.open) return;
    const found = command(event);
    if (!found) return;
    event.preventDefault();
    const [name, ...values] = found;
    if (name === "go") {
      const [across, down, extend] = values;
      this.choice.step(across, down, extend);
      this.reveal();
    } else if (name === "page") {
      this.choice.step(0, values[0] * Math.max(1, Math.floor((this.scroll.clientHeight - HEAD) / this.rowHeight) - 1), values[1]);
      this.reveal();
    } else if (name === "type") {
      if (this.typedAhead === null) this.edit(values[0]);
      else this.typedAhead += values[0];
    } else if (name === "rows") {
      const { shown } = this.plan;
      if (!shown.length) return;
      this.choice.to(shown[0].uid, this.grid.keys[0]);
      this.choice.to(shown.at(-1).uid, this.grid.keys.at(-1), true);
      this.paint();
    } else {
      this.do(name, ...values);
    }
  }

  #pressGrid(event) {
    if (event.button || event.target.closest("input, select")) return;
    const width = event.target.closest("[data-width]");
    if (width) return this.#widen(event, width.dataset.width);
    const cell = event.target.closest("[role=gridcell]");
    const uid = Number(event.target.closest("[data-uid]")?.dataset.uid);
    if (!cell || !this.plan.byUid.has(uid)) return undefined;
    this.editor.leave();
    if (event.target.closest("[data-twist]")) return this.#setFold(uid, !this.plan.folded.has(uid));
    const key = cell.dataset.key;
    const chosen = this.choice.rows();
    if (event.ctrlKey || event.metaKey) this.choice.toggle(uid, key);
    else if (key !== "number" || !chosen.includes(uid)) this.choice.to(uid, key, event.shiftKey);
    this.paint();
    this.grid.root.focus({ preventScroll: true });
    if (event.pointerType === "touch") return undefined;
    event.preventDefault();
    if (key === "number" && this.may) {
      const rows = this.choice.rows();
      return pointer.dragRows(this, event, (above, below) => !rows.includes(above?.uid) && !rows.includes(below?.uid) && this.send(() => commands.dropped(this.plan, rows, above, below)));
    }
    return pointer.follow(event, this.left, {
      moved: (next) => {
        const under = document.elementFromPoint(next.clientX, next.clientY)?.closest?.("[role=gridcell]");
        const line = Number(under?.closest("[data-uid]")?.dataset.uid);
        if (!under || !this.left.contains(under) || (line === this.choice.active.uid && under.dataset.key === this.choice.active.key)) return;
        this.choice.to(line, under.dataset.key, true);
        this.paint();
      },
      done: () => {},
    });
  }

  #pressChart(event) {
    const uid = Number(event.target.closest("[data-uid]")?.dataset.uid);
    const row = this.plan.byUid.get(uid);
    if (event.button || !row) return;
    this.editor.leave();
    this.choice.to(uid, this.choice.active?.key ?? "name", event.shiftKey);
    this.grid.root.focus({ preventScroll: true });
    this.paint();
    if (!this.may) return;
    const knot = event.target.dataset.knot;
    if (knot) pointer.dragLink(this, event, row, knot);
    else if (!row.summary) pointer.dragBar(this, event, row, event.target.dataset.grip);
  }

  #hover(event) {
    if (event.buttons) return;
    const row = this.plan.byUid.get(Number(event.target.closest?.("[data-uid]")?.dataset.uid));
    if (!row) return void this.tip("");
    const perDay = this.plan.head.minutes_per_day;
    const float = row.summary || row.total_float_minutes === null ? "" : ` · ${say("float")} ${+(row.total_float_minutes / perDay).toFixed(1)}`;
    this.tip(`${row.name}: ${day(row.start)} – ${day(row.finish)} · ${row.percent} %${float}`, event);
  }

  #wheel(event) {
    if (!event.ctrlKey) return;
    event.preventDefault();
    this.do(event.deltaY < 0 ? "zoomIn" : "zoomOut");
  }

  #widen(event, key) {
    const column = this.options.columns.find(([name]) => name === key);
    pointer.dragWidth(event, this.left, column[1], (width) => {
      column[1] = Math.round(Math.min(Math.max(width, 30), 800));
      this.grid.lay();
      this.paint();
    }, () => this.look.keep({ columns: this.options.columns }));
  }

  #border(event) {
    pointer.dragWidth(event, this.split, this.left.clientWidth, (width) => {
      this.look.split = Math.round(Math.min(Math.max(width, 160), 2000));
      this.resize();
    }, () => this.look.keep({ split: this.look.split }));
  }

  #borderKey(event) {
    const by = { ArrowLeft: -24, ArrowRight: 24 }[event.key];
    if (!by) return;
    event.preventDefault();
    this.look.split = Math.min(Math.max(this.left.clientWidth + by, 160), 2000);
    this.look.keep({ split: this.look.split });
    this.resize();
  }

  // --- to and from a spreadsheet ---

  #copy(event) {
    if (this.editor.open) return;
    const keys = this.choice.columns();
    const lines = this.choice.rows().map((uid) => keys.map((key) => this.#written(uid, key)));
    event.clipboardData.setData("text/plain", clipboard.written(lines));
    event.preventDefault();
    this.tell(say("copied", { rows: lines.length, columns: keys.length }));
  }

  #written(uid, key) {
    const row = this.plan.byUid.get(uid);
    const column = COLUMNS.get(key);
    if (!column.edit) return column.show(row, this.plan);
    const text = column.edit(row, this.plan);
    return column.options ? (column.options(this.plan).find(([value]) => value === text)?.[1] ?? "") : text;
  }

  #paste(event) {
    if (this.editor.open || !this.may) return;
    event.preventDefault();
    const lines = clipboard.read(event.clipboardData.getData("text/plain"));
    const from = this.choice.active ?? { uid: null, key: "name" };
    this.send(() => commands.pasted(this.plan, lines, from, this.grid.keys, this.options.today));
  }

  // --- others ---

  /** Others' changes arrive by a stream of versions. */
  #follow() {
    const stream = new EventSource(this.dataset.live);
    stream.addEventListener("message", (event) => {
      this.newest = Number(event.data);
      this.catchUp();
    });
    stream.addEventListener("gone", () => {
      stream.close();
      this.may = false;
      this.tell(say("planGone"), true);
    });
    addEventListener("pagehide", () => stream.close());
  }
}

function shiftOf(row) {
  const by = Math.round((instant(row.finish) - instant(row.finish_before)) / DAY);
  if (by) return say(by > 0 ? "daysLater" : "daysEarlier", { days: Math.abs(by) });
  return say("started", { day: day(instant(row.start)) });
}

customElements.define("ph-schedule", Schedule);
