// SPDX-License-Identifier: Apache-2.0
// What other projects give to tasks of this plan, or wait for from them: read once, and again after changes.

import { day, escape, instant, say } from "./words.js";

const PAUSE = 1500;
/** Milliseconds until the plans on the other side are known to have been looked at. */

const RANK = { red: 0, amber: 1, green: 2, "": 3 };

export class Bonds {
  constructor(screen) {
    this.screen = screen;
  }

  /** Ask for them; whoever may not see dependencies, or is offline, sees the plan without. */
  async load() {
    const { dataset, server, plan, grid, chart } = this.screen;
    if (!dataset.bonds) return;
    const known = await server.bonds(dataset.bonds).catch(() => null);
    if (!known) return;
    const bonds = known.items.map((item) => bondOf(item, Number(dataset.project), plan));
    const seal = JSON.stringify(bonds);
    if (seal === this.seal) return;
    this.seal = seal;
    plan.bonds = Map.groupBy(bonds, (bond) => bond.uid);
    for (const list of plan.bonds.values()) list.sort((one, other) => RANK[one.colour] - RANK[other.colour]);
    const there = chart.at(this.screen.right.scrollLeft);
    chart.measure();
    grid.clear();
    this.screen.right.scrollLeft = chart.x(there);
    this.screen.paint();
    this.screen.details.refresh();
    this.#loose(plan.bonds.get(null) ?? []);
  }

  /** Those that no task stands for, in the footer as links; the chart has them at its axis. */
  #loose(bonds) {
    const menu = document.getElementById("ph-s-loose");
    menu.hidden = !bonds.length;
    menu.querySelector("summary").textContent = say("looseBonds", { count: bonds.length });
    menu.querySelector("ul").replaceChildren(...this.items(bonds));
  }

  /** Dependencies as lines of a list, each leading to its page. */
  items(bonds) {
    return bonds.map((bond) => {
      const line = document.createElement("li");
      line.append(Object.assign(document.createElement("a"), { href: this.page(bond), textContent: told(bond) }));
      return line;
    });
  }

  /** Once more, when what was just changed has reached the forecasts. */
  later() {
    if (!this.screen.plan.bonds.size) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), PAUSE);
  }

  page(bond) {
    return this.screen.dataset.bond.replace("/0/", `/${bond.id}/`);
  }
}

/** `uid` is null where no task of this plan waits for it yet, or the one that gave it is gone. */
function bondOf(item, project, plan) {
  const comes = item.receiver.project_id === project;
  const [own, other] = comes ? [item.receiver, item.giver] : [item.giver, item.receiver];
  const { id, deliverable, colour, slack_days: slack, need_date: need, promised_date: promised, forecast_date: forecast } = item;
  const name = other.code || say("unseenProject");
  return { id, comes, deliverable, colour, slack, need, promised, forecast, uid: plan.byUid.has(own.task_uid) ? own.task_uid : null, project: other.task ? `${name} ‘${other.task}’` : name };
}

/** The day at which the other project stands in the chart: when it gives, or when it needs. */
export function whenOf(bond) {
  return instant(`${bond.comes ? (bond.forecast ?? bond.promised) : bond.need} 12:00`);
}

/** A dependency in a line: who gives what to whom, its dates and its slack. */
export function told(bond) {
  const date = (text) => day(instant(text));
  const parts = [
    say(`${bond.uid === null ? "loose" : "bound"}${bond.comes ? "Comes" : "Goes"}`, bond),
    bond.forecast ? say("forecast", { date: date(bond.forecast) }) : say("noForecast"),
    say("promised", { date: date(bond.promised) }),
    say("needed", { date: date(bond.need) }),
  ];
  if (bond.slack !== null) parts.push(say("slack", { days: String(bond.slack).replace("-", "−") }));
  return parts.join(" · ");
}

/** The mark beside the name of a task. */
export function mark(bonds) {
  return bonds ? `<abbr class="ph-s-mark ph-s-bond ph-s-bond-${bonds[0].colour || "none"}" title="${escape(bonds.map(told).join("\n"))}">⇄</abbr>` : "";
}

/** A diamond at the axis for a dependency without a task. */
export function flag(bond, x, y) {
  return `<g class="ph-s-ghost ph-s-bond-${bond.colour || "none"}" data-bond="${bond.id}"><path d="M${x} ${y - 6}l6 6-6 6-6-6z"/></g>`;
}

/** Diamonds below the bar of a row, each with a dashed line to the end of the bar that it is tied to. */
export function ghosts(bonds, row, { x, bottom, low }) {
  return bonds
    .map((bond) => {
      const [from, to] = [Math.round(x(whenOf(bond))), Math.round(x(bond.comes ? row.start : row.finish))];
      return `<g class="ph-s-ghost ph-s-bond-${bond.colour || "none"}" data-bond="${bond.id}"><path class="ph-s-tie" d="M${from} ${low}H${to}V${bottom}"/><path d="M${from} ${low - 5}l5 5-5 5-5-5z"/></g>`;
    })
    .join("");
}
