// SPDX-License-Identifier: Apache-2.0
// The plan in the browser: rows, outline, links, people. What the server answered, and nothing computed by guess.

import { whenOf } from "./bonds.js";
import { DAY, instant } from "./words.js";

const INSTANTS = new Set(["start", "finish", "late_finish", "constraint_date", "deadline", "actual_start", "actual_finish", "stop", "resume", "baseline_start", "baseline_finish"]);

export class Plan {
  constructor(sheet) {
    this.folded = new Set();
    this.only = null;
    this.promises = new Map();
    this.bonds = new Map();
    this.#takeAll(sheet);
  }

  /** The whole sheet again, since somebody else changed it; folds stay. Gives the uids that differ. */
  refresh(sheet) {
    const before = this.byUid;
    this.#takeAll(sheet);
    return this.rows.filter((row) => before.get(row.uid)?.seal !== row.seal).map((row) => row.uid);
  }

  #takeAll(sheet) {
    this.columns = sheet.columns;
    this.flags = sheet.flags;
    this.#takeGround(sheet);
    this.head = sheet.head;
    this.rows = sheet.tasks.map((cells) => this.#row(cells));
    this.byUid = new Map(this.rows.map((row) => [row.uid, row]));
    this.before = new Map();
    this.people = new Map();
    this.#takeLinks(sheet.links);
    this.#takePeople(sheet.assignments);
    this.reindex();
  }

  /** What tasks run on; an edit that left it alone does not tell it. */
  #takeGround({ closed, resources, calendars }) {
    if (closed) this.closed = closed.map(([first, count]) => [instant(`${first} 00:00`), count]);
    if (resources) this.resources = new Map(resources);
    if (calendars) this.calendars = new Map(calendars);
  }

  /** What one's own edit changed. */
  apply(changes) {
    this.head = changes.head;
    this.#takeGround(changes);
    for (const uid of changes.removed) {
      this.byUid.delete(uid);
      this.before.delete(uid);
      this.people.delete(uid);
    }
    for (const cells of changes.tasks) {
      const made = this.#row(cells);
      const old = this.byUid.get(made.uid);
      if (old) Object.assign(old, made);
      else this.byUid.set(made.uid, made);
    }
    for (const uid of changes.linked) this.before.delete(uid);
    this.#takeLinks(changes.links);
    for (const uid of changes.assigned) this.people.delete(uid);
    this.#takePeople(changes.assignments);
    // A row that somebody else added comes with the next whole sheet.
    if (changes.order) this.rows = changes.order.map((uid) => this.byUid.get(uid)).filter(Boolean);
    this.reindex();
  }

  #row(cells) {
    const row = {};
    for (const [place, name] of this.columns.entries()) row[name] = INSTANTS.has(name) ? instant(cells[place]) : cells[place];
    for (const [bit, name] of this.flags.entries()) row[name] = Boolean(row.flags & (1 << bit));
    row.percent = +row.percent_complete;
    row.seal = cells.join("|");
    return row;
  }

  #takeLinks(links) {
    for (const [successor, predecessor, type, lag, kind, percent] of links) {
      const list = this.before.get(successor);
      const item = { predecessor, successor, type, lag, kind, percent: +percent };
      if (list) list.push(item);
      else this.before.set(successor, [item]);
    }
  }

  #takePeople(assignments) {
    for (const [uid, task, resource, units, work] of assignments) {
      const list = this.people.get(task);
      const item = { uid, resource, units: +units, work };
      if (list) list.push(item);
      else this.people.set(task, [item]);
    }
  }

  /** Numbers, parents and what is shown, after rows came, went, moved, or were folded. */
  reindex() {
    const open = [];
    for (const [place, row] of this.rows.entries()) {
      row.number = place + 1;
      while (open.length && open.at(-1).outline_level >= row.outline_level) open.pop();
      row.parent = open.at(-1) ?? null;
      row.inside = 0;
      for (const above of open) above.inside += 1;
      open.push(row);
    }
    const wanted = this.only && this.#matches();
    this.shown = [];
    let hiddenBelow = Infinity;
    for (const row of this.rows) {
      if (row.outline_level > hiddenBelow) continue;
      hiddenBelow = Infinity;
      if (wanted && !wanted.has(row.uid)) continue;
      row.place = this.shown.length;
      this.shown.push(row);
      if (this.folded.has(row.uid) && row.inside && !wanted) hiddenBelow = row.outline_level;
    }
    this.placeOf = new Map(this.shown.map((row, place) => [row.uid, place]));
  }

  #matches() {
    const found = new Set();
    for (const row of this.rows) {
      if (!this.only(row)) continue;
      for (let above = row; above; above = above.parent) found.add(above.uid);
    }
    return found;
  }

  /** What further baselines promised, a start and a finish for each of them. */
  promise(tasks) {
    this.promises = new Map();
    for (const [uid, ...cells] of tasks) {
      const spans = [];
      for (let place = 0; place < cells.length; place += 2) spans.push([instant(cells[place]), instant(cells[place + 1])]);
      this.promises.set(uid, spans);
    }
  }

  /** All links, one after another. */
  *links() {
    for (const list of this.before.values()) yield* list;
  }

  /** Links that leave a task. */
  after(uid) {
    return [...this.links()].filter((item) => item.predecessor === uid);
  }

  /** Show only rows that a question picks, with the summaries above them; null shows all. */
  filter(only) {
    this.only = only;
    this.reindex();
  }

  fold(uid, folded) {
    if (folded) this.folded.add(uid);
    else this.folded.delete(uid);
    this.reindex();
  }

  /** Of chosen rows those that lie in no other chosen one. */
  tops(uids) {
    const chosen = new Set(uids);
    return uids.filter((uid) => {
      for (let above = this.byUid.get(uid)?.parent; above; above = above.parent) if (chosen.has(above.uid)) return false;
      return this.byUid.has(uid);
    });
  }

  /** Whether nobody works on the day of an instant. */
  isClosed(when) {
    return this.closed.some(([first, count]) => when >= first && when < first + count * DAY);
  }

  /** The first and last instant that anything of the plan is drawn at. */
  span() {
    let first = instant(this.head.start);
    let last = instant(this.head.finish) ?? first;
    for (const row of this.rows) {
      for (const when of [row.start, row.baseline_start]) if (when !== null && when < first) first = when;
      for (const when of [row.finish, row.late_finish, row.baseline_finish, row.deadline]) if (when !== null && when > last) last = when;
    }
    for (const when of [...this.bonds.values()].flat().map(whenOf)) [first, last] = [Math.min(first, when), Math.max(last, when)];
    return [first, last];
  }
}
