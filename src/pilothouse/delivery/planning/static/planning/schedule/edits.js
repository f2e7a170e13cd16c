// SPDX-License-Identifier: Apache-2.0
// Edits on their way: what is sent, what the server answered or refused, and what others did meanwhile.

import { Refused } from "./columns.js";
import * as commands from "./commands.js";
import { Answer } from "./server.js";
import { DAY, day, instant, say } from "./words.js";

const FLASH = 2500;
/** Milliseconds for which what changed is marked. */

export class Edits {
  constructor(screen) {
    this.screen = screen;
    this.pending = new Set();
    this.newest = 0;
    this.others = this.loading = false;
    this.typedAhead = this.refusal = null;
  }

  /** Queue steps; what is refused is told, and shown at the cell that asked. */
  async send(make, cell = null) {
    const { server } = this.screen;
    this.screen.tell(say("saving"));
    if (cell) this.pending.add(cell.seen);
    let steps = [];
    try {
      const answer = await server.edit(() => (steps = make()));
      if (!answer && !server.waiting) this.screen.tell("");
      return true;
    } catch (error) {
      await this.refused(error, cell, steps);
      return false;
    } finally {
      if (cell) this.pending.delete(cell.seen);
      this.catchUp();
    }
  }

  /** Undo, or make again what was undone. */
  async again(kind) {
    this.screen.tell(say("saving"));
    try {
      await this.screen.server[kind]();
    } catch (error) {
      await this.refused(error, null, []);
    }
    this.catchUp();
  }

  /** Undo goes on with the edit before the one that it could not take back. */
  async passOver() {
    if (!this.stuck) return;
    try {
      const passed = await this.screen.server.passOver(this.stuck);
      this.screen.tell(say("passedOver", { words: passed.words }));
    } catch (error) {
      await this.refused(error, null, []);
    }
  }

  /** Put what the server answered into the rows, and say what it did. */
  took(answer) {
    const { plan } = this.screen;
    const before = plan.shown.length;
    const { sheet } = answer;
    const knew = plan.head.plan_version;
    if (answer.plan_version > knew + 1) this.others = true;
    plan.apply(sheet);
    this.#ownChanges(new Set(sheet.tasks.map(([uid]) => uid)));
    this.#redraw(sheet.tasks.map(([uid]) => uid), sheet.order !== null || sheet.closed !== null || before !== plan.shown.length || sheet.linked.length > 0 || sheet.assigned.length > 0);
    this.screen.tell(this.#sentence(answer));
    this.#moves(answer);
    if (answer.added.length) this.#added(answer.added[0]);
    this.screen.details.refresh();
    this.screen.bonds.later();
  }

  /** One's own answer is no change by others: what waits to be sent is held against it. */
  #ownChanges(uids) {
    const open = this.screen.editor.open?.seen;
    for (const seen of open ? [...this.pending, open] : this.pending) {
      if (seen && uids.has(seen.row.uid) && this.screen.plan.byUid.has(seen.row.uid)) seen.row = { ...this.screen.plan.byUid.get(seen.row.uid) };
    }
  }

  /** Go to a new row, unless somewhere else is being typed; what was typed since Insert is its name. */
  #added(uid) {
    const typed = this.typedAhead;
    this.typedAhead = null;
    if (this.screen.editor.open || document.activeElement?.form?.id === "ph-s-new") return;
    this.screen.sight.goTo(uid, "name");
    if (typed) this.screen.actions.edit(typed);
  }

  /** The newest that others did, once nothing of one's own is under way. */
  catchUp() {
    const behind = this.others || this.newest > this.screen.plan.head.plan_version;
    if (behind && !this.screen.server.waiting && !this.screen.editor.open && !this.screen.dragging && !this.loading) this.#reload();
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

  async refused(error, cell, steps) {
    this.typedAhead = null;
    const known = error instanceof Answer || error instanceof Refused;
    if (!known && !(error instanceof TypeError && /fetch/i.test(error.message))) throw error;
    const text = known ? this.#located(error, cell, steps) : say("offline");
    if (error instanceof Answer && error.status === 409) await this.#reload();
    this.screen.tell(text, true);
    this.stuck = Object.keys(error.fields ?? {}).map((name) => Number(/^edits\.(\d+)$/.exec(name)?.[1])).find(Boolean);
    this.screen.offer.hidden = !this.stuck;
    if (!cell) return;
    if (this.screen.editor.open) this.refusal = { cell, text };
    else this.#reopen({ cell, text });
  }

  /** The reason, with the row it is about where that is not the one at hand. */
  #located(error, cell, steps) {
    const place = Object.keys(error.fields ?? {}).map((name) => /^steps\.(\d+)$/.exec(name)?.[1]).find(Boolean);
    const row = place === undefined ? null : this.screen.plan.byUid.get(steps[place]?.uid);
    if (!row || row.uid === cell?.uid) return error.message;
    return say("inRow", { row: row.number, name: row.name, reason: error.message });
  }

  /** The cell whose edit was refused, with what was typed and why not. */
  #reopen({ cell, text }) {
    const row = this.screen.plan.byUid.get(cell.uid);
    if (!row) {
      this.screen.tell(`${text} ${say("wasTyped", { typed: cell.typed })}`, true);
      return;
    }
    this.screen.sight.goTo(cell.uid, cell.key);
    this.screen.editor.begin(row, cell.key, cell.typed, text);
  }

  /** The whole sheet again: somebody else was at work. */
  async #reload() {
    const { plan, server } = this.screen;
    this.loading = true;
    const known = plan.head.plan_version;
    try {
      const [sheet, did] = await Promise.all([server.sheet(), server.whatOthersDid(known)]);
      if (server.waiting || sheet.head.plan_version < plan.head.plan_version) return;
      this.others = false;
      const changed = plan.refresh(sheet);
      this.#redraw(changed, true);
      const last = did.items.find((item) => item.by_label !== this.screen.dataset.me);
      if (last) this.screen.tell(say("otherDid", { name: last.by_label, words: last.words }));
      this.screen.details.refresh(true);
      this.screen.bonds.later();
    } catch (error) {
      if (error instanceof Answer) this.screen.tell(error.message, true);
      this.others = true;
      this.newest = 0;
    } finally {
      this.loading = false;
    }
  }

  #redraw(uids, all) {
    const { plan, chart, right } = this.screen;
    for (const uid of uids) this.screen.grid.flash.add(uid);
    setTimeout(() => {
      for (const uid of uids) this.screen.grid.flash.delete(uid);
    }, FLASH);
    plan.status = instant(plan.head.status_date);
    const [first, last] = plan.span();
    if (all) this.screen.grid.clear();
    else this.screen.grid.forget(uids);
    if (first < chart.first || last > chart.last) {
      const there = chart.at(right.scrollLeft);
      chart.measure();
      right.scrollLeft = chart.x(there);
    }
    this.screen.choice.settle();
    this.screen.counts();
    this.screen.resize();
  }

  /** A cell was left: what was typed in it, and where to go. */
  typed(edit, next) {
    const { choice } = this.screen;
    this.screen.grid.root.focus({ preventScroll: true });
    if (edit) {
      const uids = next === "all" ? choice.rows() : [edit.uid];
      this.send(() => uids.flatMap((uid) => commands.cellSteps(this.screen.plan, uid, edit.key, edit.typed, this.screen.options.today, edit.seen)), edit);
    }
    if (next === "down") choice.step(0, 1);
    else if (next === "up") choice.step(0, -1);
    else if (next === "right") choice.step(1, 0);
    else if (next === "left") choice.step(-1, 0);
    this.screen.sight.reveal();
    const refusal = this.refusal;
    this.refusal = null;
    if (refusal) this.#reopen(refusal);
    this.catchUp();
  }

  /** Others' changes arrive by a stream of versions. */
  follow() {
    const stream = new EventSource(this.screen.dataset.live);
    stream.addEventListener("message", (event) => {
      this.newest = Number(event.data);
      this.catchUp();
    });
    stream.addEventListener("gone", () => {
      stream.close();
      this.screen.may = false;
      this.screen.tell(say("planGone"), true);
    });
    addEventListener("pagehide", () => stream.close());
  }
}

function shiftOf(row) {
  const by = Math.round((instant(row.finish) - instant(row.finish_before)) / DAY);
  if (by) return say(by > 0 ? "daysLater" : "daysEarlier", { days: Math.abs(by) });
  return say("started", { day: day(instant(row.start)) });
}
