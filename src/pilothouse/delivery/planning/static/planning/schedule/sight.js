// SPDX-License-Identifier: Apache-2.0
// Where one looks: zoom, layers, folds, filters, and the way to a task.

import { AXIS } from "./chart.js";
import { DAY } from "./words.js";

export class Sight {
  constructor(screen) {
    this.screen = screen;
  }

  zoom(level) {
    const { chart, right } = this.screen;
    const middle = chart.at(right.scrollLeft + right.clientWidth / 2);
    this.screen.options.zoom = level;
    chart.measure();
    right.scrollLeft = chart.x(middle) - right.clientWidth / 2;
    this.screen.look.keep({ zoom: level });
    this.screen.paint();
  }

  toggle(name) {
    const { options } = this.screen;
    options[name] = !options[name];
    this.screen.chart.clear();
    this.screen.grid.clear();
    this.screen.look.keep({ [name]: options[name] });
    this.screen.paint();
  }

  home() {
    const now = this.screen.options.today;
    const [first, last] = this.screen.plan.span();
    const there = now >= first && now <= last ? now - 14 * DAY : first - 3 * DAY;
    this.screen.right.scrollLeft = Math.max(0, this.screen.chart.x(there));
    this.screen.paint();
  }

  /** A task that another page leads to, with its bar. */
  show(uid) {
    this.goTo(uid, "name");
    this.toBar();
    this.screen.grid.root.focus({ preventScroll: true });
  }

  /** Begin where the work is: a few rows above the first that is not done. */
  now() {
    const row = this.screen.plan.shown.find((one) => !one.summary && one.percent < 100);
    if (row) this.screen.scroll.scrollTop = Math.max(0, (row.place - 3) * this.screen.rowHeight);
    if (row) this.screen.choice.to(row.uid, "name");
    this.screen.paint();
  }

  toBar() {
    const row = this.screen.plan.byUid.get(this.screen.choice.active?.uid);
    if (row?.start != null) this.screen.right.scrollLeft = this.screen.chart.x(row.start) - 80;
  }

  goTo(uid, key) {
    const { plan, choice } = this.screen;
    for (let above = plan.byUid.get(uid)?.parent; above; above = above.parent) plan.folded.delete(above.uid);
    plan.reindex();
    if (!plan.placeOf.has(uid) && plan.only) document.getElementById("ph-s-filter").reset();
    if (!plan.placeOf.has(uid)) return;
    choice.to(uid, key ?? choice.active?.key ?? "name");
    this.screen.resize();
    this.reveal();
  }

  /** Scroll the active cell into sight. */
  reveal() {
    const { choice, left, scroll, rowHeight } = this.screen;
    const place = this.screen.plan.placeOf.get(choice.active?.uid);
    if (place === undefined) return;
    const y = place * rowHeight;
    const height = scroll.clientHeight - AXIS;
    if (y < scroll.scrollTop) scroll.scrollTop = y;
    else if (y + rowHeight > scroll.scrollTop + height) scroll.scrollTop = y + rowHeight - height;
    this.screen.paint();
    const cell = this.screen.grid.cell(choice.active.uid, choice.active.key);
    if (!cell) return;
    const [pane, box] = [left.getBoundingClientRect(), cell.getBoundingClientRect()];
    if (box.left < pane.left) left.scrollLeft += box.left - pane.left;
    else if (box.right > pane.right) left.scrollLeft += Math.min(box.right - pane.right, box.left - pane.left);
  }

  fold(folded) {
    const { plan } = this.screen;
    const row = plan.byUid.get(this.screen.choice.active?.uid);
    if (row?.inside && plan.folded.has(row.uid) !== folded) this.setFold(row.uid, folded);
    else if (folded && row?.parent) this.goTo(row.parent.uid);
  }

  setFold(uid, folded) {
    this.screen.plan.fold(uid, folded);
    this.#folded();
  }

  foldAll(folded) {
    const { plan } = this.screen;
    for (const row of plan.rows) if (row.inside) (folded ? plan.folded.add(row.uid) : plan.folded.delete(row.uid));
    plan.reindex();
    this.#folded();
  }

  #folded() {
    sessionStorage.setItem(this.#folds, JSON.stringify([...this.screen.plan.folded]));
    this.screen.choice.settle();
    this.screen.grid.clear();
    this.screen.chart.clear();
    this.screen.resize();
  }

  get #folds() {
    return `ph-s-folds:${this.screen.dataset.api}`;
  }

  recall() {
    const { plan } = this.screen;
    try {
      plan.folded = new Set(JSON.parse(sessionStorage.getItem(this.#folds) ?? "[]"));
    } catch {
      plan.folded = new Set();
    }
    plan.reindex();
  }

  /** Choose a filter, as a figure in the head asks for it. */
  only(kind) {
    const search = document.getElementById("ph-s-filter");
    search.elements.kind.value = kind;
    this.filter(kind, search.elements.words.value);
    for (const open of document.querySelectorAll(".ph-explain[open]")) open.open = false;
  }

  filter(kind, words) {
    const { plan } = this.screen;
    const typed = words.trim().toLowerCase();
    const today = this.screen.options.today;
    const open = (row) => !row.summary && row.percent < 100;
    const kinds = {
      critical: (row) => row.critical && !row.summary,
      late: (row) => open(row) && row.finish < today,
      soon: (row) => open(row) && row.start < today + 14 * DAY && row.finish >= today - 14 * DAY,
      milestones: (row) => row.milestone,
      unbaselined: (row) => !row.summary && row.baseline_finish === null,
      bonds: (row) => plan.bonds.has(row.uid),
      deadline: (row) => row.deadline !== null && row.finish > row.deadline,
    };
    const named = (row) => row.name.toLowerCase().includes(typed) || (row.wbs ?? "").toLowerCase().startsWith(typed) || (plan.people.get(row.uid) ?? []).some((item) => (plan.resources.get(item.resource) ?? "").toLowerCase().includes(typed));
    const only = kinds[kind];
    plan.filter(only || typed ? (row) => (!only || only(row)) && (!typed || named(row)) : null);
    this.screen.choice.settle();
    this.screen.grid.clear();
    this.screen.chart.clear();
    this.screen.scroll.scrollTop = 0;
    this.screen.counts();
    this.screen.resize();
  }
}
