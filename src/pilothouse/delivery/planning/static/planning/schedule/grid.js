// SPDX-License-Identifier: Apache-2.0
// The grid: head, rows in sight, the chosen cells. The focus stays on the grid; the active cell is named to it.

import { mark } from "./bonds.js";
import { COLUMNS } from "./columns.js";
import { escape, say } from "./words.js";

const SPARE = 10;
/** Rows above and below the window that are in the page as well. */

export class Grid {
  constructor(pane, plan, options) {
    this.plan = plan;
    this.options = options;
    this.pane = pane;
    pane.innerHTML = `<div class="ph-s-grid" role="treegrid" tabindex="0" aria-multiselectable="true" aria-label="${escape(options.label)}"><div class="ph-s-heads" role="rowgroup"></div><div class="ph-s-body" role="rowgroup"><div class="ph-s-rows" role="presentation"></div></div></div>`;
    this.root = pane.firstElementChild;
    this.heads = this.root.querySelector(".ph-s-heads");
    this.body = this.root.querySelector(".ph-s-body");
    this.rows = this.root.querySelector(".ph-s-rows");
    this.drawn = new Map();
    this.flash = new Set();
    this.stale = new Set();
    this.lay();
  }

  get keys() {
    return this.options.columns.map(([key]) => key);
  }

  /** Columns anew: which, in what order, how wide. */
  lay() {
    const columns = this.options.columns;
    this.root.style.setProperty("--columns", columns.map(([, width]) => `${width}px`).join(" "));
    this.root.style.width = `${columns.reduce((sum, [, width]) => sum + width, 0)}px`;
    this.heads.innerHTML = `<div role="row" class="ph-s-line" aria-rowindex="1">${columns
      .map(([key], place) => {
        const column = COLUMNS.get(key);
        return `<div role="columnheader" class="ph-s-th${column.end ? " ph-s-end" : ""}" data-key="${key}" aria-colindex="${place + 1}" title="${escape(say(`${key}Hint`) === `${key}Hint` ? say(key) : say(`${key}Hint`))}"><span>${escape(say(key))}</span><span class="ph-s-width" data-width="${key}"></span></div>`;
      })
      .join("")}</div>`;
    this.root.setAttribute("aria-colcount", columns.length);
    this.clear();
  }

  /** All lines are made anew at the next turn, but for one in which a cell is open. */
  clear() {
    this.forget([...this.drawn.keys()]);
  }

  forget(uids) {
    for (const uid of uids) {
      const line = this.drawn.get(uid);
      if (!line || (this.editing && line.contains(this.editing))) continue;
      line.remove();
      this.drawn.delete(uid);
    }
  }

  draw(top, height, rowHeight, state) {
    this.rows.style.transform = `translateY(${-top}px)`;
    if (this.count !== this.plan.shown.length) {
      this.count = this.plan.shown.length;
      this.root.setAttribute("aria-rowcount", this.count + 1);
    }
    const from = Math.max(0, Math.floor(top / rowHeight) - SPARE);
    const to = Math.min(this.plan.shown.length, Math.ceil((top + height) / rowHeight) + SPARE);
    if (!this.editing && this.stale.size) {
      this.forget(this.stale);
      this.stale.clear();
    }
    const wanted = new Set();
    let made = "";
    const fresh = [];
    for (let place = from; place < to; place++) {
      const row = this.plan.shown[place];
      wanted.add(row.uid);
      const held = this.drawn.get(row.uid);
      if (held) {
        this.#place(held, row, place, rowHeight);
        continue;
      }
      made += this.#line(row);
      fresh.push([row, place]);
    }
    for (const [uid, line] of this.drawn) {
      if (wanted.has(uid) || (this.editing && line.contains(this.editing))) continue;
      line.remove();
      this.drawn.delete(uid);
    }
    if (made) {
      const template = document.createElement("template");
      template.innerHTML = made;
      for (const [index, line] of [...template.content.children].entries()) {
        const [row, place] = fresh[index];
        this.drawn.set(row.uid, line);
        this.#place(line, row, place, rowHeight);
        this.rows.append(line);
      }
    }
    this.#mark(state);
  }

  #place(line, row, place, rowHeight) {
    if (line.at !== place) {
      line.at = place;
      line.style.transform = `translateY(${place * rowHeight}px)`;
      line.setAttribute("aria-rowindex", place + 2);
    }
    if (line.number !== row.number) {
      line.number = row.number;
      const cell = line.querySelector('[data-key="number"]');
      if (cell) cell.textContent = row.number;
    }
  }

  #line(row) {
    const cells = this.options.columns.map(([key], place) => this.#cell(row, key, place)).join("");
    const classes = `ph-s-line${row.summary ? " ph-s-sum" : ""}${row.active ? "" : " ph-s-inactive"}${this.flash.has(row.uid) ? " ph-s-flash" : ""}`;
    const fold = row.inside ? ` aria-expanded="${!this.plan.folded.has(row.uid)}"` : "";
    return `<div role="row" class="${classes}" data-uid="${row.uid}" aria-level="${row.outline_level}" aria-selected="false"${fold}>${cells}</div>`;
  }

  #cell(row, key, place) {
    const column = COLUMNS.get(key);
    const shown = column.show(row, this.plan);
    const red = (key === "float" && !row.summary && row.critical) || (key === "finishVariance" && row.finish_variance_minutes > 0) || (key === "finish" && row.deadline !== null && row.finish > row.deadline);
    const classes = `ph-s-td${column.end ? " ph-s-end" : ""}${red ? " ph-s-red" : ""}`;
    const name = column.tree ? this.#name(row, shown) : escape(shown);
    return `<div role="gridcell" class="${classes}" id="ph-c-${row.uid}-${key}" data-key="${key}" aria-colindex="${place + 1}"${column.tree ? "" : ` title="${escape(shown)}"`}>${name}</div>`;
  }

  #name(row, shown) {
    const twist = row.inside ? `<button type="button" class="ph-s-twist" tabindex="-1" data-twist aria-hidden="true"><svg viewBox="0 0 16 16" width="12" height="12"><path d="M6 4l4 4-4 4"/></svg></button>` : `<span class="ph-s-twist"></span>`;
    const critical = this.options.critical && row.critical && !row.summary ? `<abbr class="ph-s-mark" title="${escape(say("critical"))}">${escape(say("criticalMark"))}</abbr>` : "";
    return `<span class="ph-s-indent ph-s-indent-${Math.min(row.outline_level, 12)}"></span>${twist}<span class="ph-s-name" title="${escape(shown)}">${escape(shown)}</span>${critical}${mark(this.plan.bonds.get(row.uid))}`;
  }

  /** Show which cells are chosen, and tell the reader of the screen which one is active. */
  #mark({ active, rows, keys }) {
    this.marked?.forEach((cell) => cell.classList.remove("ph-s-active", "ph-s-inside"));
    this.marked = [];
    for (const [uid, line] of this.drawn) {
      const chosen = rows.has(uid);
      if (line.chosen !== chosen) {
        line.chosen = chosen;
        line.toggleAttribute("data-chosen", chosen);
        line.setAttribute("aria-selected", String(chosen));
      }
      if (!chosen) continue;
      for (const key of keys) {
        const cell = line.querySelector(`[data-key="${key}"]`);
        if (!cell) continue;
        cell.classList.add("ph-s-inside");
        this.marked.push(cell);
      }
    }
    const cell = active && this.cell(active.uid, active.key);
    if (cell) {
      cell.classList.add("ph-s-active");
      this.marked.push(cell);
    }
    const id = cell ? cell.id : null;
    if (id === this.activeId) return;
    this.activeId = id;
    if (id) this.root.setAttribute("aria-activedescendant", id);
    else this.root.removeAttribute("aria-activedescendant");
  }

  cell(uid, key) {
    return this.drawn.get(uid)?.querySelector(`[data-key="${key}"]`) ?? null;
  }
}
