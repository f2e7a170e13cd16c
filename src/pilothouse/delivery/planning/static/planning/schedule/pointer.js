// SPDX-License-Identifier: Apache-2.0
// Drags: bars, their ends, links between bars, rows of the grid, widths of columns, the border between the panes.

import { AXIS } from "./chart.js";
import { DAY, day, iso, say } from "./words.js";

const NEAR = 40;
/** Points from an edge within which a drag scrolls. */

/**
 * Follow a pointer from its press to its release; `done(false)` where it was given up by Escape. `target` is held
 * on to: what was pressed is drawn anew meanwhile.
 */
export function follow(event, target, { moved, done }) {
  event.preventDefault();
  target.setPointerCapture(event.pointerId);
  const move = (next) => moved(next);
  const stop = (kept) => {
    target.removeEventListener("pointermove", move);
    target.removeEventListener("pointerup", up);
    target.removeEventListener("pointercancel", lost);
    document.removeEventListener("keydown", escape, true);
    done(kept);
  };
  const up = () => stop(true);
  const lost = () => stop(false);
  const escape = (key) => {
    if (key.key !== "Escape") return;
    key.stopPropagation();
    stop(false);
  };
  target.addEventListener("pointermove", move);
  target.addEventListener("pointerup", up);
  target.addEventListener("pointercancel", lost);
  document.addEventListener("keydown", escape, true);
}

/** Scroll a pane while the pointer stands near its edge. */
function nudge(screen, event) {
  const { right, scroll } = screen;
  const box = right.getBoundingClientRect();
  if (event.clientX > box.right - NEAR) right.scrollLeft += 12;
  else if (event.clientX < box.left + NEAR) right.scrollLeft -= 12;
  const tall = scroll.getBoundingClientRect();
  if (event.clientY > tall.bottom - NEAR) scroll.scrollTop += 10;
  else if (event.clientY < tall.top + NEAR + AXIS) scroll.scrollTop -= 10;
}

/** The place of a pointer in the chart: x in points from the first day, and the row under it. */
function spot(screen, event) {
  const box = screen.right.getBoundingClientRect();
  const x = event.clientX - box.left + screen.right.scrollLeft;
  const y = event.clientY - screen.stage.getBoundingClientRect().top - AXIS + screen.scroll.scrollTop;
  return { x, y, row: screen.plan.shown[Math.floor(y / screen.rowHeight)] ?? null };
}

/** Move or stretch a bar; the server says what follows. */
export function dragBar(screen, event, row, grip) {
  const { chart, plan } = screen;
  const from = spot(screen, event).x;
  const { start, finish } = row;
  let shift = 0;
  let drawn = { start, finish };
  screen.dragging = true;
  follow(event, screen.right, {
    moved(next) {
      nudge(screen, next);
      const wanted = Math.round((spot(screen, next).x - from) / chart.px);
      if (wanted === shift || (grip && finish + wanted * DAY <= start)) return;
      shift = wanted;
      row.finish = finish + shift * DAY;
      if (!grip) row.start = start + shift * DAY;
      drawn = { start: row.start, finish: row.finish };
      chart.clear();
      screen.paint();
      screen.tip(`${day(row.start)} – ${day(row.finish)}`, next);
    },
    done(kept) {
      // An answer may have come meanwhile; then the row holds what it said.
      if (row.start === drawn.start && row.finish === drawn.finish) Object.assign(row, { start, finish });
      chart.clear();
      screen.tip("");
      screen.dragging = false;
      screen.paint();
      screen.edits.catchUp();
      if (!kept || !shift) return;
      const moved = grip ? { do: "stretch", uid: row.uid, finish: iso(finish + shift * DAY).slice(0, 10), was: iso(finish) } : { do: "set", uid: row.uid, field: "start", value: iso(start + shift * DAY), was: iso(start) };
      screen.edits.send(() => (plan.byUid.has(row.uid) ? [moved] : []));
    },
  });
}

/** Draw a link from one end of a bar to another bar: its left half is its start, its right half its finish. */
export function dragLink(screen, event, row, side) {
  const { chart, plan } = screen;
  const begin = { x: side === "f" ? chart.x(row.finish) : chart.x(row.start), y: (plan.placeOf.get(row.uid) + 0.5) * screen.rowHeight };
  let found = null;
  follow(event, screen.right, {
    moved(next) {
      nudge(screen, next);
      const { x, y, row: under } = spot(screen, next);
      const onto = under && under.uid !== row.uid && under.start !== null ? under : null;
      const end = onto && x > (chart.x(onto.start) + chart.x(onto.finish)) / 2 && x < chart.x(onto.finish) + 14 && !onto.milestone ? "f" : "s";
      found = onto && { uid: onto.uid, type: side + end };
      chart.over.innerHTML = `<path class="ph-s-drawn" d="M${begin.x} ${begin.y}L${x} ${y}"/>`;
      screen.tip(onto ? say("linkTo", { type: (side + end).toUpperCase(), name: onto.name }) : say("linkNowhere"), next);
    },
    done(kept) {
      chart.over.replaceChildren();
      screen.tip("");
      if (kept && found) screen.edits.send(() => [{ do: "link", predecessor: row.uid, successor: found.uid, type: found.type }]);
    },
  });
}

/** Carry chosen rows to another place. */
export function dragRows(screen, event, carry) {
  const { plan, grid } = screen;
  const line = document.createElement("div");
  line.className = "ph-s-drop";
  let place = null;
  follow(event, screen.left, {
    moved(next) {
      nudge(screen, next);
      const { y } = spot(screen, next);
      place = Math.min(Math.max(Math.round(y / screen.rowHeight), 0), plan.shown.length);
      line.style.transform = `translateY(${place * screen.rowHeight}px)`;
      if (!line.isConnected) grid.rows.append(line);
    },
    done(kept) {
      line.remove();
      const [above, below] = [plan.shown[place - 1] ?? null, plan.shown[place] ?? null];
      if (kept && place !== null) carry(above, below);
    },
  });
}

/** Widen a column, or the grid. */
export function dragWidth(event, target, width, set, done) {
  const from = event.clientX;
  follow(event, target, { moved: (next) => set(width + next.clientX - from), done: (kept) => (kept ? done() : set(width)) });
}
