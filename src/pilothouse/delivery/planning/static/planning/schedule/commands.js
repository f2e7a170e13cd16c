// SPDX-License-Identifier: Apache-2.0
// What is done to chosen rows: steps for the server, made from the rows as they are when their turn comes.

import { COLUMNS, meant, Refused } from "./columns.js";
import { DAY, iso, say } from "./words.js";

const MOST_STEPS = 1_999;
const MOST_ROWS = 5_000;

/** The last row inside a row, or itself. */
function lastInside(plan, row) {
  return plan.rows[row.number - 1 + row.inside];
}

/** The row before on the same level below the same summary. */
function sibling(plan, row, down) {
  if (down) {
    const next = plan.rows[row.number + row.inside];
    return next && next.outline_level === row.outline_level ? next : null;
  }
  for (let place = row.number - 2; place >= 0; place--) {
    const found = plan.rows[place];
    if (found.outline_level === row.outline_level) return found;
    if (found.outline_level < row.outline_level) return null;
  }
  return null;
}

/** Rows one place up or down among their like. */
export function shifted(plan, uids, down) {
  const tops = plan.tops(uids);
  const edge = plan.byUid.get(down ? tops.at(-1) : tops[0]);
  if (tops.some((uid) => plan.byUid.get(uid).parent !== edge.parent)) throw new Refused(say("mixedRows"));
  const other = edge && sibling(plan, edge, down);
  if (!other) return [];
  const before = plan.rows[other.number - 2];
  const after = down ? lastInside(plan, other).uid : (before?.uid ?? null);
  return [{ do: "move", uids: tops, after, level: edge.outline_level }];
}

/** Rows between the one at a place and the one above it. */
export function dropped(plan, uids, above, below) {
  const tops = plan.tops(uids);
  const most = above ? above.outline_level + 1 : 1;
  const level = below ? Math.min(below.outline_level, most) : Math.min(plan.byUid.get(tops[0]).outline_level, most);
  // Rows that are folded or left out stay with the row above them.
  const after = below ? plan.rows[below.number - 2] : plan.rows.at(-1);
  return [{ do: "move", uids: tops, after: after?.uid ?? null, level }];
}

/** One task after the other, each waiting for the one before. */
export function chained(plan, uids) {
  const works = uids.filter((uid) => !plan.byUid.get(uid)?.summary);
  const linked = (one, other) => (plan.before.get(other) ?? []).some((item) => item.predecessor === one && item.type === "fs");
  return works.slice(1).flatMap((uid, place) => (linked(works[place], uid) ? [] : [{ do: "link", predecessor: works[place], successor: uid }]));
}

/** All links between chosen rows; of one row alone all that lead to it. */
export function unchained(plan, uids) {
  const chosen = new Set(uids);
  const links = uids.flatMap((uid) => plan.before.get(uid) ?? []).filter((item) => uids.length === 1 || chosen.has(item.predecessor));
  return links.map((item) => ({ do: "unlink", predecessor: item.predecessor, successor: item.successor, type: item.type }));
}

/** So many days further, and on over days without work. */
function further(plan, when, count) {
  let found = when + count * DAY;
  for (let tries = 0; tries < 400 && plan.isClosed(found); tries++) found += Math.sign(count) * DAY;
  return found;
}

/** Bars so many days later. */
export function postponed(plan, uids, count) {
  return uids
    .map((uid) => plan.byUid.get(uid))
    .filter((row) => row && !row.summary && row.start !== null)
    .map((row) => ({ do: "set", uid: row.uid, field: "start", value: iso(further(plan, row.start, count)), was: iso(row.start) }));
}

/** Bars so many days longer. */
export function stretched(plan, uids, count) {
  return uids
    .map((uid) => plan.byUid.get(uid))
    .filter((row) => row && !row.summary && !row.milestone && row.finish !== null)
    .map((row) => ({ do: "stretch", uid: row.uid, finish: iso(further(plan, row.finish, count)).slice(0, 10), was: iso(row.finish) }));
}

/** Steps of one cell, held against what was `seen` when it was opened; Refused where what was typed cannot be meant. */
export function cellSteps(plan, uid, key, typed, today, seen = null) {
  const held = seen?.row.uid === uid ? seen : null;
  const row = plan.byUid.has(uid) ? (held?.row ?? plan.byUid.get(uid)) : null;
  const column = COLUMNS.get(key);
  if (!row) throw new Refused(say("rowGone"));
  if (!column.steps) throw new Refused(say("readOnly", { column: say(key) }));
  const now = held?.was ?? column.edit(row, plan);
  if (typed === now) return [];
  const value = meant(column, plan, typed);
  return value === now ? [] : column.steps(row, value, plan, today, held);
}

/** A row that does not exist yet, as the columns see it. */
const FRESH = { uid: -1, name: "", wbs: "", percent_complete: "0", duration_minutes: 0, constraint: "asap", percent_type: "duration", steps: [], custom: {}, constraint_date: null, constraint_hard: false, start: null, finish: null, deadline: null, calendar_uid: null, physical_percent: null, remaining_minutes: null, work_minutes: null, actual_start: null, actual_finish: null, stop: null, resume: null, priority: 500 };

/** Steps of a cell of the row that the same edit adds as its so-manieth. */
function freshSteps(plan, place, key, typed, today) {
  const column = COLUMNS.get(key);
  return column.steps(FRESH, meant(column, plan, typed), plan, today).map(({ uid, was, rows, ...step }) => ({ ...step, new: place }));
}

/**
 * A block of cells over the rows from the active one on; what reaches below the last row becomes new rows.
 * Only cells that are edited count: a block that was copied here comes with numbers and floats as well.
 */
export function pasted(plan, lines, from, keys, today) {
  const first = plan.placeOf.get(from.uid);
  const column = keys.indexOf(from.key);
  const steps = [];
  const fresh = [];
  const later = [];
  for (const [index, cells] of lines.entries()) {
    const row = plan.shown[first + index];
    const named = cells.map((typed, place) => [keys[column + place], typed]).filter(([key]) => key && COLUMNS.get(key).steps);
    if (!row) {
      const cell = (key) => named.find(([name]) => name === key)?.[1].trim();
      const name = cell("name");
      if (!name) throw new Refused(say("noName", { line: index + 1 }));
      fresh.push({ name, ...(cell("duration") ? { duration: cell("duration") } : {}) });
    }
    for (const [key, typed] of named) {
      if (!row && (key === "name" || key === "duration" || !typed.trim())) continue;
      try {
        if (row) steps.push(...cellSteps(plan, row.uid, key, typed, today));
        else later.push(...freshSteps(plan, fresh.length - 1, key, typed, today));
      } catch (error) {
        if (error instanceof Refused) throw new Refused(say("inLine", { line: index + 1, column: say(key), reason: error.message }));
        throw error;
      }
    }
  }
  if (steps.length + later.length > MOST_STEPS || fresh.length > MOST_ROWS) throw new Refused(say("tooMany", { cells: MOST_STEPS, rows: MOST_ROWS }));
  if (fresh.length) steps.push({ do: "add", after: plan.rows.at(-1)?.uid ?? null, tasks: fresh }, ...later);
  return steps;
}
