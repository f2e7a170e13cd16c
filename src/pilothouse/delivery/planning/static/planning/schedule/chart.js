// SPDX-License-Identifier: Apache-2.0
// The chart: axis, days without work, bars, links. Only what is in sight is in the page.

import { flag, ghosts, whenOf } from "./bonds.js";
import { peopleOf } from "./columns.js";
import { DAY, dated, escape, midnight, plain } from "./words.js";

/** Width of a day in points, and what the two lines of the axis count. */
const ZOOMS = {
  day: { px: 32, major: "month", minor: "day" },
  week: { px: 12, major: "month", minor: "week" },
  month: { px: 4.2, major: "quarter", minor: "month" },
  quarter: { px: 1.5, major: "year", minor: "quarter" },
  year: { px: 0.4, major: "year", minor: "year" },
};
export const LEVELS = Object.keys(ZOOMS);
/** Height of the axis, and of the head of the grid. */
export const AXIS = 52;
const BEYOND = 400;
/** Points beside the window that are drawn as well, for links and labels that reach in. */
const ROWS = 8;
/** Rows of a chunk: it is painted once, and moved while one scrolls. */
const AHEAD = 128;
/** Points above and below the window for which chunks stand ready. */

const NS = "http://www.w3.org/2000/svg";

export class Chart {
  constructor(pane, plan, options) {
    this.plan = plan;
    this.options = options;
    this.pane = pane;
    pane.innerHTML = `<div class="ph-s-wide"><div class="ph-s-chart" aria-hidden="true"><div class="ph-s-move"><svg class="ph-s-above" width="1" height="1"></svg></div><svg class="ph-s-axis" height="${AXIS}"></svg></div></div>`;
    this.wide = pane.firstElementChild;
    this.view = this.wide.firstElementChild;
    [this.move, this.axis] = this.view.children;
    this.over = this.move.firstElementChild;
    this.chunks = new Map();
    this.measure();
  }

  get px() {
    return ZOOMS[this.options.zoom].px;
  }

  x(when) {
    return ((when - this.first) / DAY) * this.px;
  }

  /** The instant at a place. */
  at(x) {
    return this.first + (x / this.px) * DAY;
  }

  /** The span of time, anew. */
  measure() {
    const [first, last] = this.plan.span();
    const margin = Math.max(14, 60 / this.px) * DAY;
    this.first = midnight(first - margin);
    this.last = midnight(last + margin * 2);
    this.width = Math.ceil(this.x(this.last));
    this.wide.style.width = `${Math.max(this.width, this.pane.clientWidth)}px`;
    this.axisKey = "";
    this.clear();
  }

  /** Everything is drawn again at the next turn. */
  clear() {
    for (const chunk of this.chunks.values()) chunk.svg.remove();
    this.chunks.clear();
    this.right = -Infinity;
  }

  /** Draw what stands in the window: `top` and `left` of the scroll, `width` and `height` of what is seen. */
  draw({ top, height, left, width }, rowHeight, chosen) {
    this.rowHeight = rowHeight;
    if (this.size !== `${width} ${height}`) {
      this.size = `${width} ${height}`;
      Object.assign(this.view.style, { width: `${width}px`, height: `${height + AXIS}px` });
      this.axis.setAttribute("width", width);
    }
    this.move.style.transform = `translate(${-left}px, ${AXIS - top}px)`;
    this.#axis(left, width);
    if (left < this.left || left + width > this.right) {
      this.clear();
      this.left = Math.max(0, Math.floor(left) - BEYOND);
      this.right = Math.ceil(left + width) + BEYOND;
    }
    const tall = ROWS * rowHeight;
    const first = Math.max(0, Math.floor((top - AHEAD) / tall));
    const last = Math.min(Math.ceil(this.plan.shown.length / ROWS), Math.ceil((top + height + AHEAD) / tall));
    for (const [place, chunk] of this.chunks) {
      if (place >= first && place < last) continue;
      chunk.svg.remove();
      this.chunks.delete(place);
    }
    const missing = [];
    for (let place = first; place < last; place++) if (!this.chunks.has(place)) missing.push(place);
    if (missing.length) this.#add(missing);
    for (const [place, chunk] of this.chunks) this.#choose(chunk, place, chosen);
  }

  /** Draw chunks that came into sight. */
  #add(places) {
    const links = this.options.links ? this.#links(places) : null;
    const made = places.map((place) => {
      const [from, to] = this.#rowsOf(place);
      const box = `${this.left} ${from * this.rowHeight} ${this.right - this.left} ${(to - from) * this.rowHeight}`;
      const [, , width, height] = box.split(" ");
      const joined = links ? links.get(place) + this.#ghosts(from, to) : "";
      return `<svg class="ph-s-chunk" viewBox="${box}" width="${width}" height="${height}"><g>${this.#back(from, to)}</g><g class="ph-s-links">${joined}</g><g class="ph-s-bars">${this.#bars(from, to)}</g></svg>`;
    });
    for (const [index, svg] of parse(made.join("")).entries()) {
      const place = places[index];
      svg.style.transform = `translate(${this.left}px, ${place * ROWS * this.rowHeight}px)`;
      this.chunks.set(place, { svg, picks: svg.querySelector(".ph-s-picks"), chosen: null });
      this.over.before(svg);
    }
  }

  #rowsOf(place) {
    return [place * ROWS, Math.min((place + 1) * ROWS, this.plan.shown.length)];
  }

  /** Mark the chosen rows of a chunk. */
  #choose(chunk, place, chosen) {
    if (chunk.chosen === chosen) return;
    chunk.chosen = chosen;
    const [from, to] = this.#rowsOf(place);
    let marks = "";
    for (let at = from; at < to; at++) if (chosen.has(this.plan.shown[at].uid)) marks += `M${this.left} ${at * this.rowHeight}H${this.right}v${this.rowHeight}H${this.left}z`;
    if (chunk.picks.getAttribute("d") !== marks) chunk.picks.setAttribute("d", marks);
  }

  #bars(from, to) {
    let made = "";
    for (let place = from; place < to; place++) {
      const row = this.plan.shown[place];
      const begin = this.x(Math.min(row.start ?? Infinity, row.baseline_start ?? Infinity));
      const end = this.x(Math.max(row.finish ?? 0, row.late_finish ?? 0, row.baseline_finish ?? 0, row.deadline ?? 0));
      if (row.start === null || begin > this.right || end < this.left - BEYOND) continue;
      made += `<g>${this.bar(row, place)}</g>`;
    }
    return made;
  }

  /** The bar of one row as markup. */
  bar(row, place) {
    const H = this.rowHeight;
    const { float, critical } = this.options;
    const baseline = this.options.baseline || this.plan.promises.size > 0;
    const y = place * H;
    const x = this.x(row.start);
    const end = this.x(row.finish);
    const width = Math.max(2, end - x);
    const tall = baseline ? Math.round(H * 0.4) : Math.round(H * 0.52);
    const top = y + (baseline ? Math.round(H * 0.2) : Math.round((H - tall) / 2));
    const middle = top + tall / 2;
    const red = critical && row.critical;
    const parts = [];
    if (this.options.baseline && row.baseline_finish !== null) parts.push(this.#promised(row, [row.baseline_start, row.baseline_finish], top + tall + 2, 3, 0));
    const others = this.plan.promises.get(row.uid) ?? [];
    for (const [index, span] of others.entries()) if (span[1] !== null) parts.push(this.#promised(row, span, top + tall + 6 + index * 3, 2, index + 1));
    if (row.deadline !== null) {
      const due = this.x(row.deadline);
      parts.push(`<path class="ph-s-due${row.finish > row.deadline ? " ph-s-missed" : ""}" d="M${r(due - 4.5)} ${top}h9l-4.5 6zM${r(due)} ${top + 5}v${tall - 4}"/>`);
    }
    let label = end;
    if (row.milestone) {
      parts.push(`<g class="ph-s-bar ph-s-milestone${red ? " ph-s-critical" : ""}" data-uid="${row.uid}"><path d="M${r(x)} ${middle - 7.5}l7.5 7.5-7.5 7.5-7.5-7.5z"/></g>`, this.#ends(row, x - 7, x + 7, middle));
      label += 8;
    } else if (row.summary) {
      parts.push(`<g class="ph-s-bar ph-s-summary${red ? " ph-s-critical" : ""}" data-uid="${row.uid}"><path d="M${r(x)} ${top + 1}H${r(x + width)}v${tall - 2}l-5-6H${r(Math.min(x + 5, x + width / 2))}l-5 6z"/><rect class="ph-s-done" x="${r(x + 2)}" y="${top + 3}" width="${r(Math.max(0, ((width - 4) * row.percent) / 100))}" height="2.5" rx="1"/></g>`);
    } else {
      if (float && row.total_float_minutes > 0 && row.late_finish > row.finish) {
        label = this.x(row.late_finish);
        // Dashes out of sight cost as much as those in it; four points are one dash with its gap.
        const begin = end + 1 < this.left ? this.left - ((this.left - end - 1) % 4) : end + 1;
        parts.push(`<path class="ph-s-float" d="M${r(begin)} ${middle}H${r(Math.max(begin, Math.min(label, this.right)))}M${r(label)} ${middle - 3.5}v7"/>`);
      }
      parts.push(this.#work(row, x, top, width, tall, red), this.#ends(row, x, end, middle));
    }
    const said = this.#label(row);
    if (said) parts.push(`<text class="ph-s-label${row.summary || row.milestone ? " ph-s-strong" : ""}" x="${r(label + 9)}" y="${middle + 4}">${escape(said)}</text>`);
    return parts.join("");
  }

  /** A thin bar where a baseline put the task; of the one that counts a milestone has its sign. */
  #promised(row, [start, finish], y, tall, index) {
    const begin = this.x(start ?? finish);
    const kind = `ph-s-base${index ? ` ph-s-base-${index}` : ""}`;
    if (row.milestone && !index) return `<path class="${kind}" d="M${r(begin)} ${y - 1}l4 4-4 4-4-4z"/>`;
    return `<rect class="${kind}" x="${r(begin - (row.milestone ? 2 : 0))}" y="${y}" width="${r(Math.max(row.milestone ? 4 : 2, this.x(finish) - begin))}" height="${tall}" rx="1"/>`;
  }

  #work(row, x, top, width, tall, red) {
    const done = row.percent >= 100;
    const classes = `ph-s-bar${red ? " ph-s-critical" : ""}${done ? " ph-s-complete" : ""}${row.active ? "" : " ph-s-off"}${row.manual ? " ph-s-manual" : ""}`;
    const split = row.stop !== null && row.resume !== null && row.stop > row.start && row.resume > row.stop && row.resume < row.finish;
    const pieces = split
      ? [[x, this.x(row.stop) - x], [this.x(row.resume), x + width - this.x(row.resume)]]
      : [[x, width]];
    const bodies = pieces.map(([from, wide]) => `<rect class="ph-s-fill" x="${r(from)}" y="${top}" width="${r(Math.max(2, wide))}" height="${tall}" rx="4"/>`);
    if (split) bodies.push(`<path class="ph-s-gap" d="M${r(this.x(row.stop))} ${top + tall / 2}H${r(this.x(row.resume))}"/>`);
    const share = row.percent > 0 ? `<rect class="ph-s-done" x="${r(x)}" y="${top}" width="${r(Math.max(4, (width * row.percent) / 100))}" height="${tall}" rx="4"/>` : "";
    const grips = this.options.may ? `<rect class="ph-s-grip" x="${r(x + Math.max(width - 6, width / 2))}" y="${top}" width="8" height="${tall}" data-grip="end"/>` : "";
    return `<g class="${classes}" data-uid="${row.uid}">${bodies.join("")}${share}${grips}</g>`;
  }

  #ends(row, from, to, middle) {
    if (!this.options.may) return "";
    return `<circle class="ph-s-knot" cx="${r(from - 8)}" cy="${middle}" r="4.5" data-uid="${row.uid}" data-knot="s"/><circle class="ph-s-knot" cx="${r(to + 8)}" cy="${middle}" r="4.5" data-uid="${row.uid}" data-knot="f"/>`;
  }

  #label(row) {
    if (row.milestone) return row.name;
    if (row.summary) return `${plain(row.percent, 0)} %`;
    return peopleOf(row, this.plan);
  }

  #back(from, to) {
    const H = this.rowHeight;
    const { left, right } = this;
    const [top, bottom] = [from * H, to * H];
    const parts = [];
    if (this.px >= 4) {
      let shade = "";
      for (const [first, count] of this.plan.closed) {
        const [a, b] = [this.x(first), this.x(first + count * DAY)];
        if (b < left || a > right) continue;
        shade += `M${r(a)} ${top}H${r(b)}V${bottom}H${r(a)}z`;
      }
      parts.push(`<path class="ph-s-closed" d="${shade}"/>`);
    }
    parts.push(`<path class="ph-s-picks" d=""/>`);
    let lines = "";
    for (let place = from; place < to; place++) lines += `M${left} ${(place + 1) * H - 0.5}H${right}`;
    for (const [when] of ticks(ZOOMS[this.options.zoom].major, this.at(left), this.at(right))) lines += `M${r(this.x(when))} ${top}V${bottom}`;
    parts.push(`<path class="ph-s-lines" d="${lines}"/>`);
    for (const bond of this.#loose(left, right)) parts.push(`<path class="ph-s-ghost-line ph-s-bond-${bond.colour || "none"}" d="M${r(this.x(whenOf(bond)))} ${top}V${bottom}"/>`);
    if (this.plan.status !== null) parts.push(`<path class="ph-s-status" d="M${r(this.x(this.plan.status))} ${top}V${bottom}"/>`);
    parts.push(`<path class="ph-s-today" d="M${r(this.x(this.options.today))} ${top}V${bottom}"/>`);
    return parts.join("");
  }

  /** The links that touch each of some chunks: one that reaches over several is drawn in all of them, and cut. */
  #links(places) {
    const { left, right } = this;
    const wanted = new Map(places.map((place) => [place, { plain: ["", ""], critical: ["", ""] }]));
    const [lowest, highest] = [Math.min(...places), Math.max(...places)];
    for (const item of this.plan.links()) {
      const one = this.plan.placeOf.get(item.predecessor);
      const other = this.plan.placeOf.get(item.successor);
      if (one === undefined || other === undefined) continue;
      const from = Math.max(lowest, Math.floor(Math.min(one, other) / ROWS));
      const to = Math.min(highest, Math.floor(Math.max(one, other) / ROWS));
      if (from > to) continue;
      const [a, b] = [this.plan.shown[one], this.plan.shown[other]];
      if (a.start === null || b.start === null) continue;
      const x1 = this.#end(a, item.type[0]);
      const x2 = this.#end(b, item.type[1]);
      if (Math.max(x1, x2) < left || Math.min(x1, x2) > right) continue;
      const kind = this.options.critical && a.critical && b.critical ? "critical" : "plain";
      const [line, head] = this.#path(item.type, x1, this.#middle(one), x2, this.#middle(other));
      for (let place = from; place <= to; place++) {
        const into = wanted.get(place)?.[kind];
        if (!into) continue;
        into[0] += line;
        if (Math.floor(other / ROWS) === place) into[1] += head;
      }
    }
    const drawn = ([kind, [lines, heads]]) => (lines || heads ? `<path class="ph-s-link ph-s-link-${kind}" d="${lines}"/><path class="ph-s-head ph-s-head-${kind}" d="${heads}"/>` : "");
    return new Map([...wanted].map(([place, kinds]) => [place, Object.entries(kinds).map(drawn).join("")]));
  }

  /** Where other projects stand to tasks in sight. */
  #ghosts(from, to) {
    const tall = this.rowHeight;
    return this.plan.shown
      .slice(from, to)
      .filter((row) => row.start !== null && this.plan.bonds.has(row.uid))
      .map((row) => ghosts(this.plan.bonds.get(row.uid), row, { x: (when) => this.x(when), bottom: this.#middle(row.place) + tall * 0.2, low: (row.place + 1) * tall - 6 }))
      .join("");
  }

  /** Dependencies without a task whose day lies between two places. */
  #loose(left, right) {
    return (this.plan.bonds.get(null) ?? []).filter((bond) => this.x(whenOf(bond)) > left - 8 && this.x(whenOf(bond)) < right + 8);
  }

  #end(row, side) {
    const reach = row.milestone ? 7 : 0;
    return side === "f" ? this.x(row.finish) + reach : this.x(row.start) - reach;
  }

  #middle(place) {
    const H = this.rowHeight;
    return place * H + (this.options.baseline || this.plan.promises.size > 0 ? Math.round(H * 0.2) + Math.round(H * 0.4) / 2 : H / 2);
  }

  /** The line of a link with round corners, and its arrow. */
  #path(type, x1, y1, x2, y2) {
    const down = y2 >= y1 ? 1 : -1;
    const out = type[0] === "f" ? 1 : -1;
    const into = type[1] === "s" ? -1 : 1;
    const g = 8;
    const head = `M${r(x2)} ${r(y2)}l${6 * into}-3.5v7z`;
    const a = x1 + out * g;
    const b = x2 + into * g;
    if (y1 === y2) return [`M${r(x1)} ${r(y1)}H${r(x2)}`, head];
    if (type === "fs" && b >= a) return [`M${r(x1)} ${r(y1)}H${r(a - 3)}q3 0 3 ${3 * down}V${r(y2 - 3 * down)}q0 ${3 * down} 3 ${3 * down}H${r(x2)}`, head];
    if (type === "ss" || type === "ff") {
      const bend = type === "ss" ? Math.min(a, b) : Math.max(a, b);
      return [`M${r(x1)} ${r(y1)}H${r(bend - out * 3)}q${3 * out} 0 ${3 * out} ${3 * down}V${r(y2 - 3 * down)}q0 ${3 * down} ${-3 * out} ${3 * down}H${r(x2)}`, head];
    }
    const between = y2 - down * (this.rowHeight / 2 - 1);
    return [`M${r(x1)} ${r(y1)}H${r(a)}V${r(between)}H${r(b)}V${r(y2)}H${r(x2)}`, head];
  }

  #axis(left, width) {
    const key = `${left} ${width} ${this.options.zoom} ${this.first}`;
    if (this.axisKey === key) return;
    this.axisKey = key;
    const zoom = ZOOMS[this.options.zoom];
    const parts = [`<rect class="ph-s-axis-back" width="${width}" height="${AXIS}"/>`];
    const lines = zoom.major === zoom.minor ? [[zoom.minor, 24, 28]] : [[zoom.major, 0, 24], [zoom.minor, 24, 28]];
    for (const [unit, y, tall] of lines) {
      for (const [from, to] of ticks(unit, this.at(left - 60), this.at(left + width))) {
        const x = this.x(from) - left;
        const x2 = this.x(to) - left;
        const stand = Math.max(x, 0) + 6;
        const major = unit === zoom.major && y === 0;
        const words = x2 - stand > (major ? 64 : 12) || (!major && x2 - x > 20) ? named(from, unit, this.px) : "";
        parts.push(`<path class="ph-s-tick" d="M${r(x)} ${y}v${tall}"/>`);
        if (words) parts.push(`<text class="ph-s-${major ? "major" : "minor"}" x="${r(major ? stand : x + 6)}" y="${y + (major ? 16 : 18)}">${escape(words)}</text>`);
      }
    }
    const today = this.x(this.options.today) - left;
    parts.push(`<path class="ph-s-tick" d="M0 ${AXIS - 0.5}H${width}"/>`, `<g class="ph-s-now"><rect x="${r(today - 23)}" y="29" width="46" height="18" rx="4"/><text x="${r(today)}" y="41.5">${escape(this.options.todayWord)}</text></g>`);
    for (const bond of this.#loose(left, left + width)) parts.push(flag(bond, r(this.x(whenOf(bond)) - left), AXIS - 8));
    this.axis.innerHTML = parts.join("");
  }
}

function r(value) {
  return Math.round(value * 10) / 10;
}

function parse(markup) {
  const template = document.createElement("template");
  template.innerHTML = `<svg xmlns="${NS}">${markup}</svg>`;
  return [...template.content.firstElementChild.children];
}

/** Beginnings and ends of the units that touch a span of time. */
function* ticks(unit, from, to) {
  const when = new Date(midnight(from));
  if (unit === "week") when.setUTCDate(when.getUTCDate() - ((when.getUTCDay() + 6) % 7));
  if (unit === "month" || unit === "quarter" || unit === "year") when.setUTCDate(1);
  if (unit === "quarter") when.setUTCMonth(when.getUTCMonth() - (when.getUTCMonth() % 3));
  if (unit === "year") when.setUTCMonth(0);
  while (+when < to) {
    const begin = +when;
    if (unit === "day") when.setUTCDate(when.getUTCDate() + 1);
    else if (unit === "week") when.setUTCDate(when.getUTCDate() + 7);
    else when.setUTCMonth(when.getUTCMonth() + { month: 1, quarter: 3, year: 12 }[unit]);
    yield [begin, +when];
  }
}

function named(when, unit, px) {
  if (unit === "day") return dated(when, { day: "numeric" });
  if (unit === "week") return dated(when, { day: "numeric", month: "short" });
  if (unit === "month") return dated(when, px < 6 ? { month: "short" } : { month: "long", year: "numeric" });
  const year = new Date(when).getUTCFullYear();
  if (unit === "year") return String(year);
  const quarter = `Q${Math.floor(new Date(when).getUTCMonth() / 3) + 1}`;
  return px < 2 ? quarter : `${quarter} ${year}`;
}
