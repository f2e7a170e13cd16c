// SPDX-License-Identifier: Apache-2.0
// Enter goes to the next field of the week; after the last one to the button that sends all.
// Without this script Enter sends the form, as in any other.

const form = document.querySelector("form[data-week]");

form?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  if (!event.target.matches("input, textarea")) return;
  event.preventDefault();
  const stops = [...form.querySelectorAll("input:not([type=hidden]), textarea, button[type=submit]")];
  const next = stops[stops.indexOf(event.target) + 1];
  next?.focus();
  if (next?.matches("input:not([type=checkbox], [type=date])")) next.select();
});
