// SPDX-License-Identifier: Apache-2.0
// How one likes to see the screen: columns, widths, zoom, layers. Kept with the person, on the server.

import { post } from "../../web/app.js";
import { COLUMNS, USUAL } from "./columns.js";
import { say } from "./words.js";

const [NARROWEST, WIDEST] = [30, 800];
/** Points that a column is wide, at least and at most; the server keeps no others. */

const LAYERS = ["critical", "baseline", "float", "links"];

export class Look {
  constructor(screen, kept) {
    this.screen = screen;
    const known = (kept.columns ?? []).filter(([key]) => COLUMNS.has(key));
    this.columns = known.length ? known : USUAL.map((key) => [key, COLUMNS.get(key).width]);
    // Columns of another office, whose fields this plan does not have, are kept for its plans.
    this.elsewhere = (kept.columns ?? []).filter(([key]) => key.startsWith("own:") && !COLUMNS.has(key));
    this.split = Math.max(160, kept.split ?? 560);
    this.kept = kept;
    this.shown = { zoom: kept.zoom ?? "week", ...Object.fromEntries(LAYERS.map((name) => [name, kept[name] ?? true])) };
  }

  /** Remember changes, with the next ones of the same second. */
  keep(changes) {
    Object.assign(this.kept, changes);
    if (changes.columns) this.kept.columns = [...changes.columns, ...this.elsewhere];
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      post(this.screen.dataset.keep, { look: JSON.stringify(this.kept) }).catch(() => {});
    }, 600);
  }

  /** Set the width of a column, as far as that goes; gives what it became. */
  widen(key, width) {
    const { options, grid } = this.screen;
    const column = options.columns.find(([name]) => name === key);
    column[1] = Math.round(Math.min(Math.max(width, NARROWEST), WIDEST));
    grid.lay();
    this.screen.paint();
    return column[1];
  }

  /** Buttons show what is on. */
  press() {
    const { options } = this.screen;
    for (const button of document.querySelectorAll("[data-zoom]")) button.setAttribute("aria-pressed", String(button.dataset.zoom === options.zoom));
    for (const button of document.querySelectorAll("[data-show]")) button.setAttribute("aria-pressed", String(options[button.dataset.show]));
  }

  /** The dialog in which columns are chosen and put in order. */
  choose() {
    const dialog = document.getElementById("ph-s-columns");
    const list = dialog.querySelector("ul");
    const shown = this.screen.options.columns.map(([key]) => key);
    const others = [...COLUMNS.keys()].filter((key) => !shown.includes(key));
    list.replaceChildren(...[...shown, ...others].map((key) => this.#item(key, shown.includes(key))));
    dialog.onclose = () => dialog.returnValue === "keep" && this.#take(list);
    dialog.querySelector("[value=usual]").onclick = () => {
      list.replaceChildren(...[...USUAL, ...[...COLUMNS.keys()].filter((key) => !USUAL.includes(key))].map((key) => this.#item(key, USUAL.includes(key))));
    };
    dialog.showModal();
  }

  #item(key, on) {
    const item = document.createElement("li");
    const label = document.createElement("label");
    const box = document.createElement("input");
    Object.assign(box, { type: "checkbox", name: key, checked: on, disabled: key === "name" });
    label.append(box, ` ${say(key)}`);
    const width = document.createElement("input");
    const wide = new Map(this.screen.options.columns).get(key) ?? COLUMNS.get(key).width;
    Object.assign(width, { type: "number", className: "ph-input", min: NARROWEST, max: WIDEST, step: 1, required: true, value: wide, defaultValue: wide });
    width.setAttribute("aria-label", say("widthOf", { column: say(key) }));
    item.append(label, width);
    for (const [sign, by, word] of [["↑", -1, "moveUp"], ["↓", 1, "moveDown"]]) {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", textContent: sign, className: "ph-icon-button" });
      button.setAttribute("aria-label", `${say(word)}: ${say(key)}`);
      button.addEventListener("click", () => {
        if (by < 0) item.previousElementSibling?.before(item);
        else item.nextElementSibling?.after(item);
        button.focus();
      });
      item.append(button);
    }
    return item;
  }

  #take(list) {
    const chosen = [...list.children].filter((item) => item.querySelector("input").checked);
    const columns = chosen.map((item) => [item.querySelector("input").name, item.querySelector("[type=number]").valueAsNumber]);
    this.columns = this.screen.options.columns = columns;
    this.screen.grid.lay();
    this.screen.choice.settle();
    this.screen.paint();
    this.keep({ columns });
  }
}
