// SPDX-License-Identifier: Apache-2.0
// What is read and written: sentences, dates, durations, lags. Pure, but for the sentences of the page.

export const DAY = 86_400_000;

const sentences = JSON.parse(document.getElementById("ph-schedule-words")?.textContent ?? "{}");

/** A sentence of the page with its values filled in. */
export function say(key, values = {}) {
  if (key.startsWith("own:")) return sentences[key] ?? key;
  return (sentences[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** Text as it may stand in markup. */
export function escape(text) {
  return String(text).replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);
}

/** `2026-03-02 08:00` or `2026-03-02T08:00` → milliseconds of the wall clock; null where there is none. */
export function instant(text) {
  if (!text) return null;
  return Date.UTC(+text.slice(0, 4), +text.slice(5, 7) - 1, +text.slice(8, 10), +text.slice(11, 13), +text.slice(14, 16));
}

/** Milliseconds → `2026-03-02T08:00`. */
export function iso(when) {
  return new Date(when).toISOString().slice(0, 16);
}

/** Midnight of the day of an instant. */
export function midnight(when) {
  return Math.floor(when / DAY) * DAY;
}

const formats = new Map();

/** A date in the language of the page; formatters are kept, since making one costs a thousand uses. */
export function dated(when, options) {
  const key = JSON.stringify(options);
  let format = formats.get(key);
  if (!format) formats.set(key, (format = new Intl.DateTimeFormat(document.documentElement.lang || "en", { timeZone: "UTC", ...options })));
  return format.format(when);
}

const SHORT = { day: "numeric", month: "short", year: "2-digit" };

/** An instant as a day, `2 Mar 26`. */
export function day(when) {
  return when === null || when === undefined ? "" : dated(when, SHORT);
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/**
 * A day as people type it → `2026-03-02`, with the time if one stands behind it: ISO, `2.3.2026`, `2/3/26` (the day
 * first), `2 Mar 26`, `today`, `+3` (days from the date that stands there). Null where it is none.
 */
export function readDay(text, from, today) {
  const typed = text.trim().toLowerCase();
  if (typed === "today") return iso(today).slice(0, 10);
  let found = /^([+-]\d{1,4})d?$/.exec(typed);
  if (found) return iso((from ?? today) + found[1] * DAY).slice(0, 10);
  found = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[t ](\d{1,2}:\d{2}))?$/.exec(typed);
  if (found) return whole(found[1], found[2], found[3], found[4]);
  found = /^(\d{1,2})[./](\d{1,2})[./](\d{4}|\d{2})(?: (\d{1,2}:\d{2}))?$/.exec(typed);
  if (found) return whole(found[3], found[2], found[1], found[4]);
  found = /^(\d{1,2})[ -]([a-z]{3})[a-z]*[ -]?(\d{4}|\d{2})?(?:,? (\d{1,2}:\d{2}))?$/.exec(typed);
  if (found && MONTHS.includes(found[2])) return whole(found[3] ?? iso(today).slice(0, 4), MONTHS.indexOf(found[2]) + 1, found[1], found[4]);
  return null;
}

function whole(year, month, date, time) {
  const full = year.length === 2 ? `20${year}` : year;
  const text = `${full}-${String(month).padStart(2, "0")}-${date.padStart(2, "0")}`;
  const when = Date.parse(`${text}T00:00:00Z`);
  if (Number.isNaN(when) || iso(when).slice(0, 10) !== text) return null;
  return time ? `${text}T${time.padStart(5, "0")}` : text;
}

/** A number without needless zeros; at most so many digits behind the point. */
export function plain(value, digits = 2) {
  return String(+(+value).toFixed(digits));
}

/** Minutes as a duration that is read back as the same minutes: `5d`, `2.5d`, `3ed`, `90m`. */
export function amount(minutes, perDay, elapsed = false) {
  const unit = elapsed ? 1440 : perDay;
  const e = elapsed ? "e" : "";
  for (const [size, name] of [[unit, "d"], [60, "h"]]) {
    if (Number.isInteger((minutes / size) * 100)) return `${plain(minutes / size)}${e}${name}`;
  }
  return `${minutes}${e}m`;
}

/** Minutes of work in hours. */
export function hours(minutes) {
  return Number.isInteger((minutes / 60) * 100) ? `${plain(minutes / 60)}h` : `${minutes}m`;
}

/** Working minutes as days with a decimal, for figures that are not typed. */
export function days(minutes, perDay) {
  return minutes === null ? "" : plain(minutes / perDay, 1).replace("-", "−");
}

/** Type and lag of a link: `FS`, `SS+2d`, `FF-50%`. */
export function typeOf(item, perDay) {
  let lag = "";
  if (item.kind === "percent" || item.kind === "elapsed_percent") {
    const share = plain(item.percent);
    if (+share) lag = `${share > 0 ? "+" : "-"}${Math.abs(share)}${item.kind === "percent" ? "" : "e"}%`;
  } else if (item.lag) {
    lag = `${item.lag > 0 ? "+" : "-"}${amount(Math.abs(item.lag), perDay, item.kind === "elapsed")}`;
  }
  return item.type.toUpperCase() + lag;
}

/** One predecessor: row number, and what is not usual of type and lag. */
export function link(number, item, perDay) {
  const type = typeOf(item, perDay);
  return type === "FS" ? `${number}` : `${number}${type}`;
}
