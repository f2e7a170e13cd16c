// SPDX-License-Identifier: Apache-2.0
// The list of projects: short addresses, and the dialog in which a row is edited.

// Fields left empty stay out of the address.
for (const form of document.querySelectorAll("form[data-tidy]")) {
  form.addEventListener("formdata", ({ formData }) => {
    for (const [name, value] of [...formData]) if (value === "") formData.delete(name);
  });
}

const dialog = document.getElementById("ph-edit");
const body = document.getElementById("ph-edit-body");

async function edit(link) {
  const answer = await fetch(link.href, { headers: { "HX-Request": "true" } });
  if (!answer.ok) {
    location.assign(link.href);
    return;
  }
  body.innerHTML = await answer.text();
  window.htmx.process(body);
  dialog.showModal();
  body.querySelector("select, input:not([type=hidden])")?.focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-edit]");
  if (link && dialog && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    edit(link);
  } else if (event.target.closest("[data-close]") || event.target === dialog) {
    dialog.close();
  }
});
document.addEventListener("htmx:after:swap", () => body?.querySelector("[data-focus]")?.focus());
