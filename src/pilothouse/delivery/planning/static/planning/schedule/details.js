// SPDX-License-Identifier: Apache-2.0
// One task with all its cells, and the links that reach and leave it; each cell is sent when it is left.

import { cellSteps } from "./commands.js";
import { COLUMNS, constraintStep, control, Refused, stepsStep } from "./columns.js";
import { Answer } from "./server.js";
import { say, typeOf } from "./words.js";

const GROUPS = [
  ["groupTask", ["name", "wbs", "duration", "start", "finish", "deadline", "people", "predecessors"]],
  ["groupProgress", ["percent", "remaining", "percentType", "physical", "steps", "actual_start", "actual_finish", "stop", "resume"]],
  ["groupRules", ["mode", "constraint", "constraintDate", "calendar", "priority", "active"]],
  ["groupWork", ["work", "workType", "effortDriven"]],
  ["groupFigures", ["float", "freeFloat", "lateFinish", "baselineStart", "baselineFinish", "startVariance", "finishVariance", "cost"]],
];

function groups() {
  const own = [...COLUMNS.keys()].filter((key) => key.startsWith("own:"));
  return own.length ? [...GROUPS.slice(0, 2), ["groupOwn", own], ...GROUPS.slice(2)] : GROUPS;
}

export class Details {
  constructor(screen) {
    this.screen = screen;
    this.dialog = document.getElementById("ph-s-details");
    this.body = this.dialog.querySelector(".ph-s-groups");
    this.title = this.dialog.querySelector("h2");
    this.why = this.dialog.querySelector("a");
    this.body.addEventListener("change", (event) => !isText(event.target) && this.#changed(event.target));
    this.body.addEventListener("focusout", (event) => event.target.isConnected && this.#left(event.target));
    this.body.addEventListener("keydown", (event) => event.key === "Enter" && !event.isComposing && this.#left(event.target));
    this.body.addEventListener("input", (event) => this.#began(event.target));
    this.dialog.addEventListener("close", () => screen.grid.root.focus({ preventScroll: true }));
  }

  show(uid) {
    this.uid = uid;
    this.notes = this.#notes();
    this.body.replaceChildren();
    this.#fill();
    this.#readNotes();
    if (this.dialog.open) return;
    this.dialog.showModal();
    this.body.querySelector("input:enabled")?.focus();
  }

  /** After an answer the cells show what is so now; the one that is being typed in stays. */
  refresh(others = false) {
    if (!this.dialog.open) return;
    if (!this.screen.plan.byUid.has(this.uid)) this.dialog.close();
    else this.#fill();
    if (others && this.dialog.open) this.#readNotes();
  }

  #fill() {
    const typing = this.body.contains(document.activeElement) ? document.activeElement.name : null;
    // What is typed and not yet taken stays, with the reason if it was refused.
    const kept = [...this.body.querySelectorAll("input[type=text]")].filter((field) => field.value !== field.defaultValue);
    const { plan, may } = this.screen;
    const row = plan.byUid.get(this.uid);
    this.title.textContent = `${row.number} ${row.name}`;
    this.why.href = this.screen.dataset.why.replace("/0/", `/${row.uid}/`);
    this.body.replaceChildren(...groups().map(([title, keys]) => this.#group(title, keys, row)), this.#links(row), ...this.#bonds(row), this.notes);
    this.body.querySelector('[name="constraintDate"]').parentElement.after(this.#hard(row));
    this.body.querySelector('[name="steps"]').parentElement.after(this.#ticks(row));
    if (!may) for (const field of this.body.querySelectorAll("input, select, textarea, button")) field.disabled = true;
    for (const old of kept) {
      const field = this.body.querySelector(`[name="${old.name}"]`);
      Object.assign(field, { value: old.value, seen: old.seen, sent: old.sent });
      const why = old.parentElement.querySelector(".ph-s-why");
      if (why) field.after(why);
    }
    if (typing) this.body.querySelector(`[name="${typing}"]`)?.focus();
  }

  #group(title, keys, row) {
    const group = document.createElement("fieldset");
    const legend = document.createElement("legend");
    legend.textContent = say(title);
    group.append(legend, ...keys.map((key) => this.#field(key, row)));
    return group;
  }

  #field(key, row) {
    const { plan } = this.screen;
    const column = COLUMNS.get(key);
    const pair = document.createElement("div");
    pair.className = "ph-s-pair";
    const label = Object.assign(document.createElement("label"), { textContent: say(key), htmlFor: `ph-d-${key}` });
    pair.append(label);
    if (!column.steps) {
      pair.append(Object.assign(document.createElement("output"), { id: `ph-d-${key}`, textContent: column.show(row, plan) || "–" }));
      return pair;
    }
    pair.append(Object.assign(control(column, row, plan), { id: `ph-d-${key}`, name: key }));
    return pair;
  }

  #hard(row) {
    const label = document.createElement("label");
    label.className = "ph-s-hard";
    const box = document.createElement("input");
    Object.assign(box, { type: "checkbox", name: "hard", checked: row.constraint_hard, disabled: !/^m/.test(row.constraint) });
    label.append(box, ` ${say("hardHint")}`);
    return label;
  }

  /** A box for each step; ticking it sends all steps, as they are typed in the field above. */
  #ticks(row) {
    const list = document.createElement("ul");
    list.className = "ph-s-ticks";
    for (const [place, [name, , done]] of row.steps.entries()) {
      const line = document.createElement("li");
      const label = document.createElement("label");
      const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: done, name: `tick-${place}` });
      box.addEventListener("change", (event) => {
        event.stopPropagation();
        const [uid, ticked] = [row.uid, box.checked];
        // What is ticked before the answer to another tick came is put into what that one left.
        this.screen.edits.send(() => {
          const now = this.screen.plan.byUid.get(uid);
          return now ? [stepsStep(now, now.steps.map((step) => (step[0] === name ? [name, step[1], ticked] : step)))] : [];
        });
      });
      label.append(box, ` ${name}`);
      line.append(label);
      list.append(line);
    }
    list.hidden = !row.steps.length;
    return list;
  }

  #links(row) {
    const { plan } = this.screen;
    const group = document.createElement("fieldset");
    const legend = document.createElement("legend");
    legend.textContent = say("groupLinks");
    const list = document.createElement("ul");
    const items = [
      ...(plan.before.get(row.uid) ?? []).map((item) => [item, item.predecessor, say("waitsFor")]),
      ...plan.after(row.uid).map((item) => [item, item.successor, say("holds")]),
    ];
    for (const [item, other, word] of items) list.append(this.#link(item, plan.byUid.get(other), word));
    if (!items.length) list.append(Object.assign(document.createElement("li"), { textContent: say("noLinks") }));
    group.append(legend, list);
    return group;
  }

  /** What binds the task to other projects; nothing where nothing does. */
  #bonds(row) {
    const bonds = this.screen.plan.bonds.get(row.uid) ?? [];
    if (!bonds.length) return [];
    const group = document.createElement("fieldset");
    const list = document.createElement("ul");
    list.append(...this.screen.bonds.items(bonds));
    group.append(Object.assign(document.createElement("legend"), { textContent: say("groupBonds") }), list);
    return [group];
  }

  /** Notes are in no sheet: they are asked for when somebody looks. */
  #notes() {
    const group = document.createElement("fieldset");
    const field = document.createElement("textarea");
    Object.assign(field, { name: "notes", rows: 4, maxLength: 100_000, className: "ph-input", disabled: true });
    field.setAttribute("aria-label", say("notes"));
    group.append(Object.assign(document.createElement("legend"), { textContent: say("groupNotes") }), field);
    return group;
  }

  /** The notes as they are stored; what is typed and not yet taken stays. */
  async #readNotes() {
    const { uid, notes } = this;
    const field = notes.querySelector("textarea");
    const found = await this.screen.server.task(uid).catch(() => null);
    if (!found || this.notes !== notes || isTyped(field)) return;
    field.defaultValue = found.notes;
    field.value = found.notes;
    field.disabled = !this.screen.may;
  }

  #link(item, other, word) {
    const line = document.createElement("li");
    const text = document.createElement("span");
    text.textContent = `${word} ${other.number} ${other.name} · ${typeOf(item, this.screen.plan.head.minutes_per_day)}`;
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "ph-button ph-button-small", textContent: say("removeLink") });
    button.setAttribute("aria-label", `${say("removeLink")}: ${text.textContent}`);
    button.addEventListener("click", () => this.screen.edits.send(() => [{ do: "unlink", predecessor: item.predecessor, successor: item.successor, type: item.type }]));
    line.append(text, button);
    return line;
  }

  /** What is seen now is what an edit is held against, also if others change it meanwhile. */
  #began(field) {
    const { plan } = this.screen;
    // The date of a constraint that was chosen just now belongs to it, though its answer is still to come.
    if (this.choosing && field.name === "constraintDate") return;
    field.seen ??= { row: { ...plan.byUid.get(this.uid) }, rows: plan.rows, was: field.defaultValue };
    field.sent = null;
  }

  #left(field) {
    if (!isText(field) || !isTyped(field) || field.sent === field.value) return;
    field.sent = field.value;
    this.#changed(field);
  }

  async #changed(field) {
    const { plan, server, options } = this.screen;
    const [uid, key, typed] = [this.uid, field.name, field.value];
    const hard = field.checked;
    field.parentElement.querySelector(".ph-s-why")?.remove();
    field.removeAttribute("aria-invalid");
    this.choosing ||= key === "constraint";
    try {
      await server.edit(() => {
        const was = field.seen?.was ?? field.defaultValue;
        // It is taken as the cell shows it from here on, unless it is refused.
        field.defaultValue = typed;
        if (key === "notes") {
          field.seen = null;
          return [{ do: "set", uid, field: "notes", value: typed, was }];
        }
        return key === "hard" ? [constraintStep(plan.byUid.get(uid), { hard })] : cellSteps(plan, uid, key, typed, options.today, field.seen);
      });
    } catch (error) {
      const there = this.uid === uid ? this.body.querySelector(`[name="${key}"]`) : null;
      if (!there) return;
      const why = document.createElement("span");
      why.className = "ph-s-why";
      why.setAttribute("role", "alert");
      why.textContent = error instanceof Answer || error instanceof Refused ? error.message : say("offline");
      if (isText(there)) {
        const now = key === "notes" ? ((await server.task(uid).catch(() => null))?.notes ?? "") : COLUMNS.get(key).edit(plan.byUid.get(uid), plan);
        Object.assign(there, { defaultValue: now, value: typed, sent: typed, seen: null });
      }
      there.setAttribute("aria-invalid", "true");
      there.after(why);
    } finally {
      this.choosing &&= key !== "constraint";
    }
    this.screen.edits.catchUp();
  }
}

function isText(field) {
  return field.type === "text" || field.type === "textarea";
}

/** Whether a field holds other text than it was filled with; lines may have ended in two signs there. */
function isTyped(field) {
  return field.value !== field.defaultValue.replace(/\r\n?/g, "\n");
}
