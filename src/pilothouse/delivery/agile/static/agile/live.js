// SPDX-License-Identifier: Apache-2.0
// Sends a form and puts the answering page's live part in place of the present one, with the focus kept.
import { post } from "../web/app.js";

const live = () => document.getElementById("ag-live");
let asked = 0;

export async function send(url, data) {
  const mine = ++asked;
  const held = document.activeElement?.dataset?.key;
  const answer = await post(url, data);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (mine !== asked) return;
  const part = page.getElementById("ag-live");
  if (!part) {
    location.reload();
    return;
  }
  for (const old of document.querySelectorAll(".ph-main > .ph-problem, .ph-main > .ph-notice")) old.remove();
  for (const told of page.querySelectorAll(".ph-main > .ph-problem")) live().before(told);
  live().replaceWith(part);
  const problem = document.querySelector(".ph-main .ph-problem");
  const again = held && document.querySelector(`[data-key="${held}"]`);
  (problem ?? again)?.focus();
}

// Buttons of small forms that only move something.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button?.dataset.key) return;
  event.preventDefault();
  const data = Object.fromEntries(new FormData(event.target));
  send(event.target.action, { ...data, [button.name]: button.value });
});
