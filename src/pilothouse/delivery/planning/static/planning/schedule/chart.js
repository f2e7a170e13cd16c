// SPDX-License-Identifier: Apache-2.0
// The chart: axis, days without work, bars, links. Only what is in sight is in the page.

import { ghosts } from "./bonds.js";
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
/** Points outside the window that are drawn as well, for links and labels that reach in. */

const NS = "http://www.w3.org/2000/svg";

export class Chart {
  constructor(pane, plan, options) {
    this.plan = plan;
    this.options = options;
    this.pane = pane;
    pane.innerHTML = `<div class="ph-s-wide"><svg class="ph-s-chart" aria-hidden="true"><g class="ph-s-move"><g class="ph-s-back"></g><g class="ph-s-links"></g><g class="ph-s-bars"></g><g class="ph-s-above"></g></g><g class="ph-s-axis"></g></svg></div>`;
    this.wide = pane.firstElementChild;
    this.svg = this.wide.firstElementChild;
    [this.back, this.linked, this.bars, this.over] = this.svg.querySelector(".ph-s-move").children;
    this.move = this.svg.querySelector(".ph-s-move");
    this.axis = this.svg.querySelector(".ph-s-axis");
    this.drawn = new Map();
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
    this.clear();
  }

  /** Everything is drawn again at the next turn. */
  clear() {
    this.drawn.clear();
    this.bars.replaceChildren();
    this.window = null;
  }

  /** Bars of these rows are drawn again. */
  forget(uids) {
    for (const uid of uids) {
      this.drawn.get(uid)?.remove();
      this.drawn.delete(uid);
    }
    this.window = null;
  }

  /** Draw what stands in the window: `top` and `left` of the scroll, `width` and `height` of what is seen. */
  draw({ top, height, left, width }, rowHeight, chosen) {
    this.rowHeight = rowHeight;
    if (this.size !== `${width} ${height}`) {
      this.size = `${width} ${height}`;
      this.svg.setAttribute("width", width);
      this.svg.setAttribute("height", height + AXIS);
    }
    this.move.setAttribute("transform", `translate(${-left},${AXIS - top})`);
    const from = Math.max(0, Math.floor(top / rowHeight) - 4);
    const to = Math.min(this.plan.shown.length, Math.ceil((top + height) / rowHeight) + 4);
    const seen = this.window;
    if (seen && from >= seen.from && to <= seen.to && left >= seen.left && left + width <= seen.right && seen.chosen === chosen) {
      this.#axis(left, width);
      return;
    }
    this.window = {
      from: Math.max(0, from - 12),
      to: Math.min(this.plan.shown.length, to + 12),
      left: left - BEYOND,
      right: left + width + BEYOND,
      chosen,
    };
    this.#bars();
    this.back.innerHTML = this.#back(chosen);
    this.linked.innerHTML = this.options.links ? this.#links() + this.#ghosts() : "";
    this.#axis(left, width);
  }

  #bars() {
    const { from, to, left, right } = this.window;
    const wanted = new Set();
    let made = "";
    const fresh = [];
    for (let place = from; place < to; place++) {
      const row = this.plan.shown[place];
      const begin = this.x(Math.min(row.start ?? Infinity, row.baseline_start ?? Infinity));
      const end = this.x(Math.max(row.finish ?? 0, row.late_finish ?? 0, row.baseline_finish ?? 0, row.deadline ?? 0));
      if (row.start === null || begin > right || end < left - BEYOND) continue;
      wanted.add(row.uid);
      const held = this.drawn.get(row.uid);
      if (held && held.place === place) continue;
      if (held) held.remove();
      made += `<g>${this.bar(row, place)}</g>`;
      fresh.push([row.uid, place]);
    }
    for (const [uid, group] of this.drawn) {
      if (wanted.has(uid)) continue;
      group.remove();
      this.drawn.delete(uid);
    }
    if (!made) return;
    for (const [index, group] of parse(made).entries()) {
      const [uid, place] = fresh[index];
      group.place = place;
      this.drawn.set(uid, group);
      this.bars.append(group);
    }
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
        parts.push(`<path class="ph-s-float" d="M${r(end + 1)} ${middle}H${r(label)}M${r(label)} ${middle - 3.5}v7"/>`);
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

  #back(chosen) {
    const H = this.rowHeight;
    const { from, to, left, right } = this.window;
    const [top, bottom] = [from * H, to * H];
    const [x0, x1] = [Math.max(0, left), right];
    const parts = [];
    if (this.px >= 4) {
      let shade = "";
      for (const [first, count] of this.plan.closed) {
        const [a, b] = [this.x(first), this.x(first + count * DAY)];
        if (b < x0 || a > x1) continue;
        shade += `M${r(a)} ${top}H${r(b)}V${bottom}H${r(a)}z`;
      }
      parts.push(`<path class="ph-s-closed" d="${shade}"/>`);
    }
    for (const uid of chosen) {
      const place = this.plan.placeOf.get(uid);
      if (place >= from && place < to) parts.push(`<rect class="ph-s-chosen" x="${r(x0)}" y="${place * H}" width="${r(x1 - x0)}" height="${H}"/>`);
    }
    let lines = "";
    for (let place = from; place < to; place++) lines += `M${r(x0)} ${(place + 1) * H - 0.5}H${r(x1)}`;
    for (const [when] of ticks(ZOOMS[this.options.zoom].major, this.at(x0), this.at(x1))) lines += `M${r(this.x(when))} ${top}V${bottom}`;
    parts.push(`<path class="ph-s-lines" d="${lines}"/>`);
    if (this.plan.status !== null) parts.push(`<path class="ph-s-status" d="M${r(this.x(this.plan.status))} ${top}V${bottom}"/>`);
    parts.push(`<path class="ph-s-today" d="M${r(this.x(this.options.today))} ${top}V${bottom}"/>`);
    return parts.join("");
  }

  #links() {
    const { from, to, left, right } = this.window;
    const drawn = { plain: ["", ""], critical: ["", ""] };
    for (const item of this.plan.links()) {
      const one = this.plan.placeOf.get(item.predecessor);
      const other = this.plan.placeOf.get(item.successor);
      if (one === undefined || other === undefined || Math.max(one, other) < from || Math.min(one, other) >= to) continue;
      const [a, b] = [this.plan.shown[one], this.plan.shown[other]];
      if (a.start === null || b.start === null) continue;
      const x1 = this.#end(a, item.type[0]);
      const x2 = this.#end(b, item.type[1]);
      if (Math.max(x1, x2) < left || Math.min(x1, x2) > right) continue;
      const into = drawn[this.options.critical && a.critical && b.critical ? "critical" : "plain"];
      const [line, head] = this.#path(item.type, x1, this.#middle(one), x2, this.#middle(other));
      into[0] += line;
      into[1] += head;
    }
    return Object.entries(drawn)
      .map(([kind, [lines, heads]]) => `<path class="ph-s-link ph-s-link-${kind}" d="${lines}"/><path class="ph-s-head ph-s-head-${kind}" d="${heads}"/>`)
      .join("");
  }

  /** Where other projects stand to tasks in sight. */
  #ghosts() {
    const { from, to } = this.window;
    const tall = this.rowHeight;
    return this.plan.shown
      .slice(from, to)
      .filter((row) => row.start !== null && this.plan.bonds.has(row.uid))
      .map((row) => ghosts(this.plan.bonds.get(row.uid), row, { x: (when) => this.x(when), bottom: this.#middle(row.place) + tall * 0.2, low: (row.place + 1) * tall - 6 }))
      .join("");
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
