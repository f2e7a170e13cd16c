// SPDX-License-Identifier: Apache-2.0
// <ph-schedule>: grid and chart of a plan. The server alone computes; every edit goes there and its answer is shown.

import { Actions } from "./actions.js";
import { Bonds } from "./bonds.js";
import { AXIS, Chart } from "./chart.js";
import { Choice } from "./choice.js";
import { addOwn } from "./columns.js";
import { Details } from "./details.js";
import { Editor } from "./editor.js";
import { Edits } from "./edits.js";
import { Grid } from "./grid.js";
import { Hands } from "./hands.js";
import { Look } from "./look.js";
import { Plan } from "./plan.js";
import { Answer, Server } from "./server.js";
import { Sight } from "./sight.js";
import { day, instant, say } from "./words.js";

class Schedule extends HTMLElement {
  async connectedCallback() {
    if (this.server) return;
    this.dragging = false;
    this.edits = new Edits(this);
    this.sight = new Sight(this);
    this.actions = new Actions(this);
    this.bonds = new Bonds(this);
    this.may = this.hasAttribute("may-edit");
    this.server = new Server(this.dataset.api, this.dataset.promises, (answer) => this.edits.took(answer));
    addOwn(JSON.parse(this.dataset.own || "[]"));
    this.look = new Look(this, JSON.parse(this.dataset.look || "{}"));
    this.status = document.getElementById("ph-s-status");
    this.offer = document.getElementById("ph-s-pass");
    let sheet;
    try {
      sheet = await this.server.sheet();
    } catch (error) {
      this.tell(error instanceof Answer ? error.message : say("offline"), true);
      return;
    }
    this.plan = new Plan(sheet);
    this.sight.recall();
    this.#build();
    new Hands(this).listen();
    this.edits.follow();
    this.resize();
    this.sight.home();
    const asked = Number(new URLSearchParams(location.search).get("task"));
    if (this.plan.byUid.has(asked)) this.sight.show(asked);
    else this.sight.now();
    this.toggleAttribute("ready", true);
    this.bonds.load();
  }

  #build() {
    this.options = {
      label: this.getAttribute("label"),
      columns: this.look.columns,
      may: this.may,
      today: instant(this.dataset.today),
      todayWord: say("today"),
      ...this.look.shown,
    };
    this.innerHTML = `<div class="ph-s-scroll" tabindex="-1"><div class="ph-s-size"><div class="ph-s-stage"><div class="ph-s-left"></div><div class="ph-s-split" role="separator" aria-orientation="vertical" tabindex="0"></div><div class="ph-s-right" tabindex="0" role="group"></div></div></div></div><div class="ph-s-tip" hidden></div><div class="ph-s-why ph-s-over" id="ph-s-why" role="alert" hidden></div>`;
    this.scroll = this.querySelector(".ph-s-scroll");
    this.size = this.querySelector(".ph-s-size");
    this.stage = this.querySelector(".ph-s-stage");
    this.left = this.querySelector(".ph-s-left");
    this.right = this.querySelector(".ph-s-right");
    this.split = this.querySelector(".ph-s-split");
    this.split.setAttribute("aria-label", say("split"));
    this.right.setAttribute("aria-label", say("chart"));
    this.hint = this.querySelector(".ph-s-tip");
    this.plan.status = instant(this.plan.head.status_date);
    this.rowHeight = matchMedia("(pointer: coarse)").matches ? 44 : 32;
    this.style.setProperty("--row-height", `${this.rowHeight}px`);
    this.grid = new Grid(this.left, this.plan, this.options);
    this.chart = new Chart(this.right, this.plan, this.options);
    this.choice = new Choice(this.plan, () => this.grid.keys);
    this.editor = new Editor(this.grid, this.querySelector(".ph-s-over"), (edit, next) => this.edits.typed(edit, next));
    this.details = new Details(this);
    if (this.plan.shown.length) this.choice.to(this.plan.shown[0].uid, "name");
  }

  resize() {
    const wide = this.scroll.clientWidth;
    this.stage.style.height = `${this.scroll.clientHeight}px`;
    this.left.style.width = `${Math.min(Math.max(this.look.split, 160), Math.max(160, wide - 120))}px`;
    this.split.setAttribute("aria-valuenow", Math.round((100 * this.left.clientWidth) / Math.max(wide, 1)));
    this.size.style.height = `${AXIS + this.plan.shown.length * this.rowHeight + 48}px`;
    this.chart.clear();
    this.paint();
  }

  /** Draw what is in sight. */
  paint() {
    // All is measured before anything is written: the browser would lay the page out twice.
    const top = this.scroll.scrollTop;
    const height = this.scroll.clientHeight - AXIS;
    const [left, width] = [this.right.scrollLeft, this.right.clientWidth];
    const rows = new Set(this.choice.rows());
    const state = { active: this.choice.active, rows, keys: this.choice.columns() };
    this.grid.draw(top, height, this.rowHeight, state);
    this.chosen = this.chosenKey === [...rows].join() ? this.chosen : rows;
    this.chosenKey = [...rows].join();
    this.chart.draw({ top, height, left, width }, this.rowHeight, this.chosen);
    this.#tools(rows);
  }

  later() {
    this.turn ??= requestAnimationFrame(() => {
      this.turn = null;
      this.paint();
    });
  }

  /** A line over the status bar; a refusal is read out at once. */
  tell(text, wrong = false) {
    this.status.textContent = text;
    this.offer.hidden = true;
    this.status.classList.toggle("ph-s-wrong", wrong);
    this.status.setAttribute("role", wrong ? "alert" : "status");
  }

  tip(text, event) {
    this.hint.hidden = !text;
    if (!text) return;
    this.hint.textContent = text;
    const box = this.getBoundingClientRect();
    const x = Math.min(event.clientX - box.left + 14, box.width - 240);
    this.hint.style.transform = `translate(${x}px, ${event.clientY - box.top + 16}px)`;
  }

  /** The task that ends last leads to the reasons of the finish. */
  #last(works) {
    const last = works.findLast((row) => row.finish === instant(this.plan.head.finish));
    for (const link of document.querySelectorAll("[data-last]")) {
      link.parentElement.hidden = !last;
      if (last) Object.assign(link, { textContent: last.name, href: this.dataset.why.replace("/0/", `/${last.uid}/`) });
    }
  }

  #tools(rows) {
    const some = rows.size > 0;
    for (const button of document.querySelectorAll("[data-do]")) {
      const needs = button.dataset.needs;
      if (needs) button.disabled = needs === "rows" ? !some : rows.size < 2;
    }
  }

  counts() {
    const set = (name, text) => {
      for (const place of document.querySelectorAll(`[data-fact="${name}"]`)) place.textContent = text;
    };
    const works = this.plan.rows.filter((row) => !row.summary && row.active);
    this.#last(works);
    set("finish", day(instant(this.plan.head.finish)) || "–");
    set("critical", `${works.filter((row) => row.critical).length} / ${works.length}`);
    set("status", day(instant(this.plan.head.status_date)) || "–");
    set("version", this.plan.head.plan_version);
    document.getElementById("ph-s-none")?.toggleAttribute("hidden", this.plan.rows.length > 0);
    const none = this.plan.rows.length > 0 && !this.plan.shown.length;
    document.getElementById("ph-s-nomatch")?.toggleAttribute("hidden", !none);
  }
}

customElements.define("ph-schedule", Schedule);
