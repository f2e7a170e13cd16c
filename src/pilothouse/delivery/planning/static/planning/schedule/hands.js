// SPDX-License-Identifier: Apache-2.0
// Hands: keys, pointer, wheel and clipboard, led to what they ask for.

import { AXIS } from "./chart.js";
import { told } from "./bonds.js";
import * as clipboard from "./clipboard.js";
import { COLUMNS } from "./columns.js";
import * as commands from "./commands.js";
import { command } from "./keys.js";
import * as pointer from "./pointer.js";
import { day, say } from "./words.js";

export class Hands {
  constructor(screen) {
    this.screen = screen;
  }

  listen() {
    const { grid, right, left, scroll, look, sight, actions, split } = this.screen;
    scroll.addEventListener("scroll", () => this.screen.later(), { passive: true });
    right.addEventListener("scroll", () => this.screen.later(), { passive: true });
    new ResizeObserver(() => this.screen.resize()).observe(scroll);
    grid.root.addEventListener("keydown", (event) => this.#key(event));
    left.addEventListener("pointerdown", (event) => this.#pressGrid(event));
    left.addEventListener("dblclick", (event) => event.target.closest("[role=gridcell]") && actions.edit());
    right.addEventListener("pointerdown", (event) => this.#pressChart(event));
    right.addEventListener("dblclick", (event) => event.target.closest("[data-uid]") && actions.do("details"));
    right.addEventListener("dblclick", (event) => this.#openBond(event));
    right.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    right.addEventListener("pointermove", (event) => this.#hover(event));
    right.addEventListener("pointerleave", () => this.screen.tip(""));
    split.addEventListener("pointerdown", (event) => this.#border(event));
    split.addEventListener("keydown", (event) => this.#borderKey(event));
    grid.root.addEventListener("copy", (event) => this.#copy(event));
    grid.root.addEventListener("paste", (event) => this.#paste(event));
    document.addEventListener("click", (event) => {
      const button = event.target.closest("[data-do], [data-zoom], [data-show], [data-only]");
      if (!button) return;
      if (button.dataset.only) sight.only(button.dataset.only);
      else if (button.dataset.do) actions.do(button.dataset.do);
      else if (button.dataset.zoom) sight.zoom(button.dataset.zoom);
      else sight.toggle(button.dataset.show);
      look.press();
      if (!document.querySelector("dialog[open]") && button.dataset.do !== "why") grid.root.focus({ preventScroll: true });
    });
    document.addEventListener("change", (event) => event.target.matches("[data-baseline]") && actions.baselines(event.target));
    for (const box of document.querySelectorAll("[data-counts]")) box.checked = this.screen.options.baseline;
    const search = document.getElementById("ph-s-filter");
    search.addEventListener("input", () => sight.filter(search.elements.kind.value, search.elements.words.value));
    search.addEventListener("submit", (event) => event.preventDefault());
    search.addEventListener("reset", () => sight.filter("", ""));
    const fresh = document.getElementById("ph-s-new");
    fresh?.addEventListener("submit", (event) => actions.append(event));
    fresh?.addEventListener("paste", (event) => actions.pasteNew(event));
    addEventListener("beforeunload", (event) => this.screen.server.waiting && event.preventDefault());
    this.screen.counts();
    look.press();
  }

  #key(event) {
    const { grid, choice, sight, edits, actions } = this.screen;
    if (this.screen.editor.open) return;
    const found = command(event);
    if (!found) return;
    event.preventDefault();
    const [name, ...values] = found;
    if (name === "go") {
      const [across, down, extend] = values;
      choice.step(across, down, extend);
      sight.reveal();
    } else if (name === "page") {
      choice.step(0, values[0] * Math.max(1, Math.floor((this.screen.scroll.clientHeight - AXIS) / this.screen.rowHeight) - 1), values[1]);
      sight.reveal();
    } else if (name === "type") {
      if (edits.typedAhead === null) actions.edit(values[0]);
      else edits.typedAhead += values[0];
    } else if (name === "rows") {
      const { shown } = this.screen.plan;
      if (!shown.length) return;
      choice.to(shown[0].uid, grid.keys[0]);
      choice.to(shown.at(-1).uid, grid.keys.at(-1), true);
      this.screen.paint();
    } else {
      actions.do(name, ...values);
    }
  }

  #pressGrid(event) {
    const { plan, choice, left } = this.screen;
    if (event.button || event.target.closest("input, select")) return;
    const width = event.target.closest("[data-width]");
    if (width) return this.#widen(event, width.dataset.width);
    const cell = event.target.closest("[role=gridcell]");
    const uid = Number(event.target.closest("[data-uid]")?.dataset.uid);
    if (!cell || !plan.byUid.has(uid)) return undefined;
    this.screen.editor.leave();
    if (event.target.closest("[data-twist]")) return this.screen.sight.setFold(uid, !plan.folded.has(uid));
    const key = cell.dataset.key;
    const chosen = choice.rows();
    if (event.ctrlKey || event.metaKey) choice.toggle(uid, key);
    else if (key !== "number" || !chosen.includes(uid)) choice.to(uid, key, event.shiftKey);
    this.screen.paint();
    this.screen.grid.root.focus({ preventScroll: true });
    if (event.pointerType === "touch") return undefined;
    event.preventDefault();
    if (key === "number" && this.screen.may) {
      const rows = choice.rows();
      return pointer.dragRows(this.screen, event, (above, below) => !rows.includes(above?.uid) && !rows.includes(below?.uid) && this.screen.edits.send(() => commands.dropped(plan, rows, above, below)));
    }
    return pointer.follow(event, left, {
      moved: (next) => {
        const under = document.elementFromPoint(next.clientX, next.clientY)?.closest?.("[role=gridcell]");
        const line = Number(under?.closest("[data-uid]")?.dataset.uid);
        if (!under || !left.contains(under) || (line === choice.active.uid && under.dataset.key === choice.active.key)) return;
        choice.to(line, under.dataset.key, true);
        this.screen.paint();
      },
      done: () => {},
    });
  }

  #pressChart(event) {
    const { choice } = this.screen;
    const uid = Number(event.target.closest("[data-uid]")?.dataset.uid);
    const row = this.screen.plan.byUid.get(uid);
    if (event.button || !row) return;
    this.screen.editor.leave();
    choice.to(uid, choice.active?.key ?? "name", event.shiftKey);
    this.screen.grid.root.focus({ preventScroll: true });
    this.screen.paint();
    if (!this.screen.may) return;
    const knot = event.target.dataset.knot;
    if (knot) pointer.dragLink(this.screen, event, row, knot);
    else if (!row.summary) pointer.dragBar(this.screen, event, row, event.target.dataset.grip);
  }

  #hover(event) {
    const { plan } = this.screen;
    if (event.buttons) return;
    const bond = this.#bond(event);
    if (bond) return void this.screen.tip(told(bond), event);
    const row = plan.byUid.get(Number(event.target.closest?.("[data-uid]")?.dataset.uid));
    if (!row) return void this.screen.tip("");
    const perDay = plan.head.minutes_per_day;
    const float = row.summary || row.total_float_minutes === null ? "" : ` · ${say("float")} ${+(row.total_float_minutes / perDay).toFixed(1)}`;
    this.screen.tip(`${row.name}: ${day(row.start)} – ${day(row.finish)} · ${row.percent} %${float}`, event);
  }

  /** The dependency under the pointer. */
  #bond(event) {
    const id = Number(event.target.closest?.("[data-bond]")?.dataset.bond);
    return id ? [...this.screen.plan.bonds.values()].flat().find((one) => one.id === id) : undefined;
  }

  #openBond(event) {
    const bond = this.#bond(event);
    if (bond) location.assign(this.screen.bonds.page(bond));
  }

  #wheel(event) {
    if (!event.ctrlKey) return;
    event.preventDefault();
    this.screen.actions.do(event.deltaY < 0 ? "zoomIn" : "zoomOut");
  }

  #widen(event, key) {
    const { options, look } = this.screen;
    const [, width] = options.columns.find(([name]) => name === key);
    pointer.dragWidth(event, this.screen.left, width, (wanted) => look.widen(key, wanted), () => look.keep({ columns: options.columns }));
  }

  #border(event) {
    const { look } = this.screen;
    pointer.dragWidth(event, this.screen.split, this.screen.left.clientWidth, (width) => {
      look.split = Math.round(Math.min(Math.max(width, 160), 2000));
      this.screen.resize();
    }, () => look.keep({ split: look.split }));
  }

  #borderKey(event) {
    const { look } = this.screen;
    const by = { ArrowLeft: -24, ArrowRight: 24 }[event.key];
    if (!by) return;
    event.preventDefault();
    look.split = Math.min(Math.max(this.screen.left.clientWidth + by, 160), 2000);
    look.keep({ split: look.split });
    this.screen.resize();
  }

  #copy(event) {
    const { choice } = this.screen;
    if (this.screen.editor.open) return;
    const keys = choice.columns();
    const lines = choice.rows().map((uid) => keys.map((key) => this.#written(uid, key)));
    event.clipboardData.setData("text/plain", clipboard.written(lines));
    event.preventDefault();
    this.screen.tell(say("copied", { rows: lines.length, columns: keys.length }));
  }

  #written(uid, key) {
    const { plan } = this.screen;
    const row = plan.byUid.get(uid);
    const column = COLUMNS.get(key);
    if (!column.edit) return column.show(row, plan);
    const text = column.edit(row, plan);
    return column.options ? (column.options(plan).find(([value]) => value === text)?.[1] ?? "") : text;
  }

  #paste(event) {
    if (this.screen.editor.open || !this.screen.may) return;
    event.preventDefault();
    const lines = clipboard.read(event.clipboardData.getData("text/plain"));
    const from = this.screen.choice.active ?? { uid: null, key: "name" };
    this.screen.edits.send(() => commands.pasted(this.screen.plan, lines, from, this.screen.grid.keys, this.screen.options.today));
  }
}
