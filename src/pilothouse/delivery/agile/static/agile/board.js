// SPDX-License-Identifier: Apache-2.0
// Cards of the board are dragged into another column; their arrows do the same by keyboard.
import { send } from "./live.js";

let dragged = null;
const column = (target) => target.closest?.(".ph-ag-column");
const clear = () => document.querySelectorAll("[data-over]").forEach((old) => old.removeAttribute("data-over"));

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-action]");
  if (dragged) event.dataTransfer.effectAllowed = "move";
});
document.addEventListener("dragover", (event) => {
  const over = column(event.target);
  clear();
  if (!dragged || !over || over === column(dragged)) return;
  event.preventDefault();
  over.setAttribute("data-over", "");
});
document.addEventListener("drop", (event) => {
  const over = column(event.target);
  clear();
  if (!dragged || !over || over === column(dragged)) return;
  event.preventDefault();
  send(dragged.dataset.action, { version: dragged.dataset.version, state: over.dataset.state });
});
document.addEventListener("dragend", () => {
  dragged = null;
  clear();
});
