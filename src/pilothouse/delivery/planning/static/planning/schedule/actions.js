// SPDX-License-Identifier: Apache-2.0
// What keys, buttons and forms ask for.

import { LEVELS } from "./chart.js";
import * as clipboard from "./clipboard.js";
import { COLUMNS } from "./columns.js";
import * as commands from "./commands.js";
import { say } from "./words.js";

const STEP = 16;
/** Points by which a key widens a column. */

export class Actions {
  constructor(screen) {
    this.screen = screen;
  }

  edit(typed = null) {
    const active = this.screen.choice.active;
    if (!active || !this.screen.may) return;
    this.screen.sight.reveal();
    const row = this.screen.plan.byUid.get(active.uid);
    if (!this.screen.editor.begin(row, active.key, typed)) this.screen.tell(say("readOnly", { column: say(active.key) }), true);
  }

  /** Everything that a key, a button or the menu asks for. */
  do(name, value) {
    const { plan, choice, options, sight, edits } = this.screen;
    const rows = choice.rows();
    const act = (make) => rows.length && edits.send(() => make(choice.rows()));
    const own = {
      edit: () => this.edit(),
      undo: () => edits.again("undo"),
      passOver: () => edits.passOver(),
      redo: () => edits.again("redo"),
      indent: () => act((uids) => [{ do: "indent", uids: plan.tops(uids) }]),
      outdent: () => act((uids) => [{ do: "outdent", uids: plan.tops(uids) }]),
      up: () => act((uids) => commands.shifted(plan, uids, false)),
      down: () => act((uids) => commands.shifted(plan, uids, true)),
      add: () => this.#insert(() => [{ do: "add", after: choice.rows().at(-1) ?? plan.rows.at(-1)?.uid ?? null, tasks: [{ name: say("newTask") }] }]),
      remove: () => act((uids) => [{ do: "delete", uids: plan.tops(uids) }]),
      link: () => act((uids) => commands.chained(plan, uids)),
      unlink: () => act((uids) => commands.unchained(plan, uids)),
      later: () => act((uids) => commands.postponed(plan, uids, value ?? 1)),
      longer: () => act((uids) => commands.stretched(plan, uids, value ?? 1)),
      clear: () => this.#empty(),
      fill: () => this.#fill(),
      details: () => rows.length && this.screen.details.show(choice.active?.uid ?? rows[0]),
      why: () => rows.length && location.assign(this.screen.dataset.why.replace("/0/", `/${choice.active?.uid ?? rows[0]}/`)),
    };
    const shared = {
      widen: () => this.#widen(value),
      fold: () => sight.fold(value),
      foldAll: () => sight.foldAll(true),
      unfoldAll: () => sight.foldAll(false),
      today: () => sight.home(),
      bar: () => sight.toBar(),
      zoomIn: () => sight.zoom(LEVELS[Math.max(0, LEVELS.indexOf(options.zoom) - 1)]),
      zoomOut: () => sight.zoom(LEVELS[Math.min(LEVELS.length - 1, LEVELS.indexOf(options.zoom) + 1)]),
      help: () => document.getElementById("ph-s-keys").showModal(),
      columns: () => this.screen.look.choose(),
    };
    if (shared[name]) shared[name]();
    else if (name === "why" || name === "details" || this.screen.may) own[name]?.();
  }

  /** A new row; keys pressed before it is there become its name. */
  #insert(make) {
    const { edits } = this.screen;
    edits.typedAhead = "";
    edits.send(make).then(() => (edits.typedAhead = null));
  }

  /** The column of the active cell a step wider or narrower. */
  #widen(by) {
    const { choice, options, look, sight } = this.screen;
    const column = options.columns.find(([name]) => name === choice.active?.key);
    if (!column) return;
    const width = look.widen(column[0], column[1] + by * STEP);
    look.keep({ columns: options.columns });
    sight.reveal();
    this.screen.tell(say("widened", { column: say(column[0]), width }));
  }

  #empty() {
    const { choice } = this.screen;
    const key = choice.active?.key;
    if (!COLUMNS.get(key)?.steps || key === "name") return this.screen.tell(say("readOnly", { column: say(key) }), true);
    return this.screen.edits.send(() => choice.rows().flatMap((uid) => commands.cellSteps(this.screen.plan, uid, key, "", this.screen.options.today)));
  }

  /** The first chosen row's cells into the rows below. */
  #fill() {
    const { plan, choice } = this.screen;
    const [first, ...others] = choice.rows();
    const keys = choice.columns().filter((key) => COLUMNS.get(key).steps);
    return this.screen.edits.send(() => {
      const row = plan.byUid.get(first);
      return others.flatMap((uid) => keys.flatMap((key) => commands.cellSteps(plan, uid, key, COLUMNS.get(key).edit(row, plan), this.screen.options.today)));
    });
  }

  /** Draw the baselines that are asked for, that which counts and two others. */
  async baselines(box) {
    if (box.hasAttribute("data-counts")) return this.screen.sight.toggle("baseline");
    const asked = [...document.querySelectorAll("[data-baseline]:checked:not([data-counts])")].map((other) => other.dataset.baseline);
    if (asked.length > 2) {
      box.checked = false;
      return this.screen.tell(say("threeBaselines"), true);
    }
    try {
      this.screen.plan.promise(asked.length ? (await this.screen.server.promises(asked)).tasks : []);
      this.screen.chart.measure();
      this.screen.paint();
    } catch (error) {
      await this.screen.edits.refused(error, null, []);
    }
    return undefined;
  }

  /** A list from a spreadsheet, pasted where one task is typed. */
  pasteNew(event) {
    const lines = clipboard.read(event.clipboardData.getData("text/plain"));
    if (lines.length < 2) return;
    event.preventDefault();
    const end = { uid: null, key: "name" };
    this.screen.edits.send(() => commands.pasted(this.screen.plan, lines, end, ["name", "duration"], this.screen.options.today));
  }

  async append(event) {
    const { plan } = this.screen;
    event.preventDefault();
    const field = event.target.elements.name;
    const name = field.value.trim();
    if (!name) return;
    field.value = "";
    const kept = await this.screen.edits.send(() => [{ do: "add", after: plan.rows.at(-1)?.uid ?? null, tasks: [{ name, level: plan.rows.at(-1)?.outline_level ?? 1 }] }]);
    if (!kept && !field.value) field.value = name;
    field.focus();
  }
}
