// SPDX-License-Identifier: Apache-2.0
// Moving cards by dragging and by keys. The form behind each card's “Move” does the same without.

import { post } from "../web/app.js";

const said = document.getElementById("board-said");
let lifted = null;
let target = null;

const board = () => document.getElementById("board");
const columns = () => [...board().querySelectorAll("[data-column]")];
const columnOf = (card) => card.closest("[data-column]");
const fill = (words, values) => words.replace(/\{(\w+)\}/g, (_all, name) => values[name]);

function tell(words, refused = false) {
  said.textContent = words;
  said.toggleAttribute("data-refused", refused);
}

function aim(column) {
  target?.removeAttribute("data-target");
  target = column;
  target?.setAttribute("data-target", "");
}

function lift(card) {
  lifted = card;
  card.dataset.lifted = "";
  aim(columnOf(card));
}

function leave() {
  lifted?.removeAttribute("data-lifted");
  lifted = null;
  aim(null);
}

function asks(column) {
  const { held, limit, name } = column.dataset;
  if (!limit || Number(held) < Number(limit)) return { over: "" };
  return confirm(fill(board().dataset.full, { column: name, held, limit })) ? { over: "on" } : null;
}

// The answer is the board as it lies now, or the form with the reason why not.
async function send(card, column) {
  const over = asks(column);
  if (over === null) return;
  const { uid } = card.dataset;
  let answer, page;
  try {
    answer = await post(card.querySelector("[data-move]").href, { target: column.dataset.column, ...over });
    page = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    tell(board().dataset.failed, true);
    return;
  }
  const fresh = page.getElementById("board");
  if (!answer.ok || !fresh) {
    const places = [".ph-field-wrong .ph-field-note strong", ".ph-problem strong", ".ph-error p", "h1"];
    const reason = places.map((place) => page.querySelector(place)?.textContent.trim()).find(Boolean);
    tell(reason ?? board().dataset.failed, true);
    return;
  }
  board().replaceWith(document.adoptNode(fresh));
  tell(page.querySelector(".ph-notice[role=status]")?.textContent.trim() ?? "");
  board().querySelector(`[data-uid="${CSS.escape(uid)}"]`)?.focus();
}

async function drop() {
  const card = lifted, column = target;
  const stays = !column || column === columnOf(card);
  leave();
  if (stays) tell(fill(board().dataset.stays, { name: card.dataset.name, column: columnOf(card).dataset.name }));
  else if (column.dataset.refusal) tell(column.dataset.refusal, true);
  else await send(card, column);
}

function step(by) {
  const all = columns();
  aim(all[Math.min(Math.max(all.indexOf(target) + by, 0), all.length - 1)]);
  target.scrollIntoView({ block: "nearest", inline: "nearest" });
  tell(fill(board().dataset.lifted, { name: lifted.dataset.name, column: target.dataset.name }));
}

document.addEventListener("keydown", (event) => {
  const card = event.target.closest?.("[data-uid]");
  if (!card || event.target !== card) return;
  const keys = { ArrowLeft: -1, ArrowRight: 1 };
  if (event.key === " ") {
    if (lifted) drop();
    else {
      lift(card);
      step(0);
    }
  } else if (lifted && event.key in keys) step(keys[event.key]);
  else if (lifted && event.key === "Escape") {
    leave();
    tell(fill(board().dataset.stays, { name: card.dataset.name, column: columnOf(card).dataset.name }));
  } else return;
  event.preventDefault();
});
document.addEventListener("focusout", (event) => {
  if (lifted && event.target === lifted) leave();
});

document.addEventListener("dragstart", (event) => {
  const card = event.target.closest?.("[data-uid]");
  if (!card) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", card.dataset.name);
  lift(card);
});
document.addEventListener("dragover", (event) => {
  const column = event.target.closest?.("[data-column]");
  if (!lifted || !column) return;
  event.preventDefault();
  if (column !== target) aim(column);
});
document.addEventListener("drop", (event) => {
  if (!lifted || !event.target.closest?.("[data-column]")) return;
  event.preventDefault();
  drop();
});
document.addEventListener("dragend", leave);
