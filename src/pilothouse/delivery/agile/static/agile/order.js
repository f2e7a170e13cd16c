// SPDX-License-Identifier: Apache-2.0
// The backlog is ordered by dragging a row; Alt with an arrow moves the row that has the focus.
import { send } from "./live.js";

let dragged = null;
const row = (target) => target.closest?.("tr[data-order]");
const marks = ["ph-ag-drop-before", "ph-ag-drop-after"];
const clear = () => document.querySelectorAll(`.${marks.join(", .")}`).forEach((old) => old.classList.remove(...marks));
const above = (over, event) => {
  const box = over.getBoundingClientRect();
  return event.clientY < box.top + box.height / 2;
};

document.addEventListener("dragstart", (event) => {
  dragged = row(event.target);
  if (dragged) event.dataTransfer.effectAllowed = "move";
});
document.addEventListener("dragover", (event) => {
  const over = row(event.target);
  clear();
  if (!dragged || !over || over === dragged) return;
  event.preventDefault();
  over.classList.add(marks[above(over, event) ? 0 : 1]);
});
document.addEventListener("drop", (event) => {
  const over = row(event.target);
  clear();
  if (!dragged || !over || over === dragged) return;
  event.preventDefault();
  send(dragged.dataset.order, { [above(over, event) ? "before" : "after"]: over.dataset.item });
});
document.addEventListener("dragend", () => {
  dragged = null;
  clear();
});
document.addEventListener("keydown", (event) => {
  const at = row(event.target);
  if (!at || !event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  event.preventDefault();
  at.querySelector(`[data-key^="${event.key === "ArrowUp" ? "up" : "down"}-"]`)?.click();
});
