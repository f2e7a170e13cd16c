// SPDX-License-Identifier: Apache-2.0
// The editor of one cell: a line of text or a choice, the refusal under it, nothing lost.

import { COLUMNS, control } from "./columns.js";
import { say } from "./words.js";

export class Editor {
  /** `why` is the place over the grid where a refusal is told. */
  constructor(grid, why, done) {
    this.grid = grid;
    this.why = why;
    this.done = done;
    this.open = null;
  }

  /** Open the cell; `typed` takes the place of what stands there. False where it is not edited. */
  begin(row, key, typed = null, problem = "") {
    const column = COLUMNS.get(key);
    const cell = this.grid.cell(row.uid, key);
    if (!column.steps || !cell) return false;
    this.close();
    const field = control(column, row, this.grid.plan);
    if (typed !== null) field.value = typed;
    field.className = "ph-s-field";
    field.setAttribute("aria-label", `${say(key)}: ${row.name}`);
    cell.classList.add("ph-s-editing");
    cell.parentElement.classList.add("ph-s-open");
    cell.append(field);
    // What the person sees now is what an edit is held against, also if others change it meanwhile.
    const seen = { row: { ...row }, rows: this.grid.plan.rows, was: column.edit(row, this.grid.plan) };
    this.open = { row, key, field, cell, seen };
    this.grid.editing = cell;
    field.addEventListener("keydown", (event) => this.#key(event));
    field.addEventListener("blur", () => field.isConnected && this.open?.field === field && !this.problem && this.commit(null));
    if (column.options) {
      field.addEventListener("pointerdown", () => (this.pointed = true));
      field.addEventListener("change", () => this.pointed && this.commit("stay"));
    }
    field.focus({ preventScroll: true });
    if (problem) this.refuse(problem);
    else if (typed === null) field.select?.();
    return true;
  }

  /** Keep the cell open with the reason under it. */
  refuse(text) {
    if (!this.open) return;
    const { field, cell } = this.open;
    this.why.textContent = text;
    this.why.hidden = false;
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", this.why.id);
    this.problem = text;
    const [around, box, own] = [this.why.offsetParent, cell, this.why].map((element) => element.getBoundingClientRect());
    const x = Math.max(0, Math.min(box.left - around.left, around.width - own.width - 8));
    const below = box.bottom - around.top + 2;
    const y = below + own.height > around.height ? box.top - around.top - own.height - 2 : below;
    this.why.style.transform = `translate(${x}px, ${y}px)`;
  }

  #key(event) {
    event.stopPropagation();
    this.pointed = false;
    if (event.isComposing) return;
    if (event.key === "Escape") {
      this.close();
      this.done(null, "stay");
    } else if (event.key === "Enter") {
      this.commit(event.ctrlKey || event.metaKey ? "all" : event.shiftKey ? "up" : "down");
    } else if (event.key === "Tab") {
      this.commit(event.shiftKey ? "left" : "right");
    } else {
      this.problem = "";
      this.why.hidden = true;
      return;
    }
    event.preventDefault();
  }

  commit(next) {
    if (!this.open) return;
    const { row, key, field, seen } = this.open;
    const typed = field.value;
    const same = typed === seen.was;
    this.close();
    this.done(same ? null : { uid: row.uid, key, typed, seen }, next);
  }

  /** Somewhere else is pressed: what was typed counts, unless it stands there refused. */
  leave() {
    if (this.problem) this.close();
    else this.commit(null);
  }

  close() {
    if (!this.open) return;
    const { row, field, cell } = this.open;
    this.open = null;
    this.problem = "";
    this.grid.editing = null;
    this.grid.stale.add(row.uid);
    this.why.hidden = true;
    cell.classList.remove("ph-s-editing");
    cell.parentElement?.classList.remove("ph-s-open");
    field.remove();
  }
}
