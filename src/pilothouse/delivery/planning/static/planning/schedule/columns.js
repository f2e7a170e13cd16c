// SPDX-License-Identifier: Apache-2.0
// The columns of the grid: what each shows, what is edited in it, and which steps follow from what was typed.

import { told } from "./bonds.js";
import { amount, day, days, hours, iso, link, plain, readDay, say } from "./words.js";

/** What was typed cannot be meant; the sentence says why. */
export class Refused extends Error {}

/** What was typed into a column of choices, as it is stored; Refused where it is none of them. */
export function meant(column, plan, typed) {
  const value = typed.trim();
  if (!column.options) return value;
  const found = column.options(plan).find(([stored, word]) => stored === value || word.toLowerCase() === value.toLowerCase());
  if (!found) throw new Refused(say("noChoice", { typed }));
  return found[0];
}

/** The control in which a cell is edited: a line of text, or a choice. */
export function control(column, row, plan) {
  const now = column.edit(row, plan);
  if (!column.options) return Object.assign(document.createElement("input"), { type: "text", autocomplete: "off", spellcheck: false, defaultValue: now });
  const field = document.createElement("select");
  const options = column.options(plan);
  // A value that left the list since is still the one that is held.
  if (!options.some(([value]) => value === now)) options.push([now, now]);
  for (const [value, word] of options) field.add(new Option(word, value, value === now, value === now));
  return field;
}

const set = (row, field, value, was) => ({ do: "set", uid: row.uid, field, value, ...(was === undefined ? {} : { was }) });

const text = (key, field = key, width = 90) => ({
  key,
  width,
  show: (row) => row[field] ?? "",
  edit: (row) => row[field] ?? "",
  steps: (row, typed) => [set(row, field, typed, row[field] ?? "")],
});

const date = (key, { clear = false, was = true } = {}) => ({
  key,
  width: 84,
  end: true,
  show: (row) => day(row[key]),
  edit: (row) => (row[key] === null ? "" : iso(row[key]).slice(0, 10)),
  steps(row, typed, plan, today) {
    const seen = was ? (row[key] === null ? null : iso(row[key])) : undefined;
    if (!typed.trim()) {
      if (!clear) throw new Refused(say("needsDate"));
      return [set(row, key, null, seen)];
    }
    const found = readDay(typed, row[key], today);
    if (!found) throw new Refused(say("noDate", { typed }));
    return [set(row, key, found, seen)];
  },
});

const choice = (key, field, options, width = 110) => ({
  key,
  width,
  options,
  show: (row, plan) => options(plan).find(([value]) => value === String(row[field] ?? ""))?.[1] ?? "",
  edit: (row) => String(row[field] ?? ""),
  steps: (row, typed) => [set(row, field, typed)],
});

const figure = (key, show, width = 60) => ({ key, width, end: true, show });

const duration = {
  key: "duration",
  width: 74,
  end: true,
  show: (row, plan) => (row.milestone ? "0d" : durationOf(row, plan)),
  edit: (row, plan) => durationOf(row, plan),
  steps: (row, typed, plan) => [set(row, "duration", typed, durationOf(row, plan))],
};

function durationOf(row, plan) {
  return amount(row.duration_minutes, plan.head.minutes_per_day, row.elapsed_duration) + (row.estimated ? "?" : "");
}

const percent = {
  key: "percent",
  width: 52,
  end: true,
  show: (row) => plain(row.percent),
  edit: (row) => plain(row.percent),
  steps: (row, typed) => [set(row, "percent_complete", share(typed), row.percent_complete)],
};

function share(typed) {
  const value = typed.replace("%", "").replace(",", ".").trim();
  if (!/^\d{1,3}(\.\d+)?$/.test(value) || +value > 100) throw new Refused(say("noPercent", { typed }));
  return value;
}

const physical = {
  ...text("physical", "physical_percent", 70),
  end: true,
  steps: (row, typed) => [set(row, "physical_percent", typed.trim() ? share(typed) : null, row.physical_percent)],
};

const stepsOf = (row) => row.steps.map(([name, weight, done]) => `${done ? "x " : ""}${name}${+weight === 1 ? "" : ` [${plain(weight)}]`}`).join("; ");
const stepsSent = (steps) => steps.map(([name, weight, done]) => ({ name, weight: String(weight), done }));

/** All steps of a task as one value: whoever ticks one is held against all that they saw. */
export function stepsStep(row, steps) {
  return set(row, "steps", stepsSent(steps), stepsSent(row.steps));
}

const taskSteps = {
  key: "steps",
  width: 160,
  show: (row) => (row.steps.length ? say("stepsDone", { done: row.steps.filter(([, , done]) => done).length, all: row.steps.length }) : ""),
  edit: stepsOf,
  /** Names with semicolons between them, a weight if it is not 1, an x before those that are done: `x Survey; Piles [3]`. */
  steps(row, typed) {
    const found = typed.split(";").map((part) => part.trim()).filter(Boolean).map((piece) => {
      const [, done, name, weight] = /^(x\s+)?(.*?)\s*(?:\[\s*(\d+(?:[.,]\d+)?)\s*\])?$/i.exec(piece);
      return [name, weight?.replace(",", ".") ?? "1", Boolean(done)];
    });
    return [stepsStep(row, found)];
  },
};

const minutes = (key, field, shown) => ({
  key,
  width: 78,
  end: true,
  show: (row, plan) => (row[field] === null ? "" : shown(row[field], plan)),
  edit: (row, plan) => (row[field] === null ? "" : shown(row[field], plan)),
  steps: (row, typed, plan) => [set(row, field, typed, row[field] === null ? undefined : shown(row[field], plan))],
});

function predecessorsOf(row, plan) {
  const found = (plan.before.get(row.uid) ?? []).map((item) => [plan.byUid.get(item.predecessor)?.number ?? 0, item]);
  found.sort(([one], [other]) => one - other);
  return found.map(([number, item]) => link(number, item, plan.head.minutes_per_day)).join("; ");
}

const predecessors = {
  key: "predecessors",
  width: 112,
  show: predecessorsOf,
  edit: predecessorsOf,
  /** Numbers mean the rows that stood under them when the cell was opened; `seen` holds these. */
  steps(row, typed, plan, today, seen) {
    const was = seen?.was ?? predecessorsOf(row, plan);
    const rows = {};
    for (const [, number] of `${typed};${was}`.matchAll(/(?:^|[;,])\s*(\d+)/g)) {
      const found = (seen?.rows ?? plan.rows)[number - 1];
      if (found) rows[number] = found.uid;
    }
    return [{ ...set(row, "predecessors", typed, was), rows }];
  },
};

export function peopleOf(row, plan) {
  const share = (item) => (item.units === 1 ? "" : ` [${plain(item.units * 100)}%]`);
  return (plan.people.get(row.uid) ?? []).map((item) => (plan.resources.get(item.resource) ?? "?") + share(item)).join("; ");
}

const people = {
  key: "people",
  width: 150,
  show: peopleOf,
  edit: peopleOf,
  /** Names with semicolons between them, each with a share if it is not all of the time: `Ada; Piet [50%]`. */
  steps(row, typed, plan) {
    const uids = new Map([...plan.resources].map(([uid, name]) => [name.toLowerCase(), uid]));
    const wanted = new Map();
    for (const piece of typed.split(";").map((part) => part.trim()).filter(Boolean)) {
      const found = /^(.*?)\s*(?:\[\s*(\d+(?:[.,]\d+)?)\s*%\s*\])?$/.exec(piece);
      const uid = uids.get(found[1].toLowerCase());
      if (uid === undefined) throw new Refused(say("noResource", { name: found[1], names: [...plan.resources.values()].slice(0, 12).join("; ") }));
      wanted.set(uid, found[2] ? plain(found[2].replace(",", ".") / 100, 6) : "1");
    }
    const steps = [];
    for (const item of plan.people.get(row.uid) ?? []) {
      const units = wanted.get(item.resource);
      if (units === undefined) steps.push({ do: "unassign", assignment: item.uid });
      else if (+units !== item.units) steps.push({ do: "units", assignment: item.uid, value: units, was: String(item.units) });
      wanted.delete(item.resource);
    }
    for (const [resource, units] of wanted) steps.push({ do: "assign", uid: row.uid, resource, units });
    return steps;
  },
};

const CONSTRAINTS = ["asap", "alap", "snet", "fnet", "snlt", "fnlt", "mso", "mfo"];

/** The constraint with its date and hardness is one value: whoever changes a part sends all of it. */
export function constraintStep(row, change) {
  const now = { type: row.constraint, date: row.constraint_date === null ? null : iso(row.constraint_date), hard: row.constraint_hard };
  const next = { ...now, ...change };
  if (next.type === "asap" || next.type === "alap") next.date = null;
  if (next.type !== "mso" && next.type !== "mfo") next.hard = false;
  if (next.date === null && CONSTRAINTS.indexOf(next.type) > 1) next.date = iso(/^f|^mf/.test(next.type) ? row.finish : row.start);
  return { do: "set", uid: row.uid, field: "constraint", value: next, was: now };
}

const constraint = {
  ...choice("constraint", "constraint", () => CONSTRAINTS.map((type) => [type, say(type)]), 150),
  show: (row) => (row.constraint === "asap" ? "" : say(row.constraint) + (row.constraint_hard ? ` · ${say("hard")}` : "")),
  steps: (row, typed) => [constraintStep(row, { type: typed })],
};

const constraintDate = {
  ...date("constraint_date"),
  steps(row, typed, plan, today) {
    const found = readDay(typed, row.constraint_date, today);
    if (!found) throw new Refused(say("noDate", { typed }));
    if (row.constraint === "asap" || row.constraint === "alap") throw new Refused(say("noConstraint"));
    return [constraintStep(row, { date: found })];
  },
};

const calendar = {
  ...choice("calendar", "calendar_uid", (plan) => [["", say("planCalendar")], ...[...plan.calendars].map(([uid, name]) => [String(uid), name])], 130),
  show: (row, plan) => (row.calendar_uid === null ? "" : (plan.calendars.get(row.calendar_uid) ?? "")),
  steps: (row, typed) => [set(row, "calendar_uid", typed === "" ? null : +typed, row.calendar_uid)],
};

const yesNo = (key, field) => ({
  ...choice(key, field, () => [["true", say("yes")], ["false", say("no")]], 80),
  steps: (row, typed) => [set(row, field, typed === "true", row[field])],
});

const mode = {
  ...yesNo("mode", "manual"),
  width: 96,
  options: () => [["false", say("automatic")], ["true", say("byHand")]],
  show: (row) => (row.manual ? say("byHand") : say("automatic")),
};

const priority = {
  ...text("priority", "priority", 64),
  end: true,
  steps(row, typed) {
    if (!/^\d{1,4}$/.test(typed.trim())) throw new Refused(say("noWhole", { typed }));
    return [set(row, "priority", +typed, row.priority)];
  },
};

const float = (key, field) => figure(key, (row, plan) => (row.summary ? "" : days(row[field], plan.head.minutes_per_day)), 56);
const variance = (key, field) => figure(key, (row, plan) => (row.baseline_finish === null || row[field] === null ? "" : days(row[field], plan.head.minutes_per_day)), 66);

/** A column for each field that the office added to tasks. */
export function addOwn(fields) {
  for (const { key, kind, choices } of fields) {
    const value = (row) => (Object.hasOwn(row.custom, key) ? row.custom[key] : "");
    const listed = { yes_no: [["yes", say("yes")], ["no", say("no")]], choice: choices.map((entry) => [entry, entry]) }[kind];
    const column = {
      key: `own:${key}`,
      width: 110,
      end: kind === "number",
      show: value,
      edit: value,
      steps: (row, typed) => [{ do: "custom", uid: row.uid, key, value: typed.trim(), was: value(row) }],
    };
    if (listed) {
      column.options = () => [["", ""], ...listed];
      column.show = (row) => listed.find(([stored]) => stored === value(row))?.[1] ?? value(row);
    }
    COLUMNS.set(column.key, column);
  }
}

/** All columns by their key, in the order in which they are offered. */
export const COLUMNS = new Map(
  [
    { key: "number", width: 44, end: true, show: (row) => String(row.number) },
    text("wbs", "wbs", 70),
    { ...text("name", "name", 260), tree: true },
    duration,
    date("start"),
    date("finish"),
    percent,
    minutes("remaining", "remaining_minutes", (value, plan) => amount(value, plan.head.minutes_per_day)),
    predecessors,
    people,
    minutes("work", "work_minutes", hours),
    { key: "cost", width: 92, end: true, show: (row) => (row.cost === null ? "" : Number(row.cost).toLocaleString(document.documentElement.lang || "en")) },
    float("float", "total_float_minutes"),
    float("freeFloat", "free_float_minutes"),
    figure("baselineStart", (row) => day(row.baseline_start), 84),
    figure("baselineFinish", (row) => day(row.baseline_finish), 84),
    variance("startVariance", "start_variance_minutes"),
    variance("finishVariance", "finish_variance_minutes"),
    date("deadline", { clear: true }),
    constraint,
    { ...constraintDate, key: "constraintDate" },
    mode,
    calendar,
    priority,
    date("actual_start", { clear: true }),
    date("actual_finish"),
    figure("lateFinish", (row) => day(row.late_finish), 84),
    choice("workType", "work_type", () => ["fixed_units", "fixed_work", "fixed_duration"].map((kind) => [kind, say(kind)]), 110),
    yesNo("effortDriven", "effort_driven"),
    yesNo("active", "active"),
    choice("percentType", "percent_type", () => ["duration", "work", "physical", "steps"].map((kind) => [kind, say(`percentOf_${kind}`)]), 110),
    physical,
    taskSteps,
    date("stop", { clear: true }),
    date("resume", { clear: true }),
    { key: "bonds", width: 220, show: (row, plan) => (plan.bonds.get(row.uid) ?? []).map(told).join("; ") },
  ].map((column) => [column.key, column]),
);

/** Those that are shown until somebody chooses others. */
export const USUAL = ["number", "name", "duration", "start", "finish", "percent", "predecessors", "people", "float", "finishVariance"];
