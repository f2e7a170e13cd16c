// SPDX-License-Identifier: Apache-2.0
// Behaviour of the frame: palette, theme, menus, keys. Pages work without any of it.

export const token = () => document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "";

export function post(url, data) {
  return fetch(url, { method: "POST", body: new URLSearchParams(data), headers: { "X-CSRFToken": token() } });
}

document.addEventListener("htmx:config:request", (event) => {
  event.detail.ctx.request.headers["X-CSRFToken"] = token();
});

// Theme: the choice is kept with the person, not in the browser.
document.querySelector("[data-theme-switch]")?.addEventListener("click", (event) => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  post(event.currentTarget.dataset.url, { theme: root.dataset.theme });
});

// Menu of the phone.
for (const button of document.querySelectorAll("[data-toggle]")) {
  const target = document.getElementById(button.dataset.toggle);
  const set = (open) => {
    target.toggleAttribute("data-open", open);
    button.setAttribute("aria-expanded", String(open));
  };
  button.addEventListener("click", () => set(!target.hasAttribute("data-open")));
  document.addEventListener("click", (event) => {
    if (!target.contains(event.target) && !button.contains(event.target)) set(false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !target.hasAttribute("data-open")) return;
    set(false);
    button.focus();
  });
}

// Open explanations and menus close on Escape and on a click elsewhere.
const popups = "details.ph-explain[open], details.ph-menu[open]";
document.addEventListener("click", (event) => {
  for (const box of document.querySelectorAll(popups)) if (!box.contains(event.target)) box.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const box of document.querySelectorAll(popups)) {
    box.open = false;
    box.querySelector("summary").focus();
  }
});

// Controls that send their form when changed, and questions before what cannot be undone.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});
document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});
document.querySelector("[data-focus]")?.focus();

// Palette: hits come from the server while typing; arrows choose, Enter goes.
const palette = document.getElementById("ph-palette");
if (palette) {
  const input = palette.querySelector("input[name=q]");
  const list = document.getElementById("ph-palette-hits");
  let timer, asked = 0;

  const options = () => [...list.querySelectorAll("a[role=option]")];
  const choose = (index) => {
    const all = options();
    const chosen = all[(index + all.length) % all.length];
    for (const option of all) option.setAttribute("aria-selected", String(option === chosen));
    input.setAttribute("aria-activedescendant", chosen?.id ?? "");
    chosen?.scrollIntoView({ block: "nearest" });
  };
  const ask = async () => {
    const mine = ++asked;
    const answer = await fetch(`${palette.dataset.url}?q=${encodeURIComponent(input.value)}`, { headers: { "HX-Request": "true" } });
    if (mine !== asked || !answer.ok) return;
    list.innerHTML = await answer.text();
    choose(0);
  };
  const open = () => {
    if (palette.open) return;
    palette.showModal();
    input.select();
    ask();
  };

  document.querySelector("[data-palette]").addEventListener("click", (event) => {
    event.preventDefault();
    open();
  });
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 120);
  });
  palette.addEventListener("keydown", (event) => {
    const at = options().findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown") choose(at + 1);
    else if (event.key === "ArrowUp") choose(at - 1);
    else if (event.key === "Enter" && at >= 0) options()[at].click();
    else return;
    event.preventDefault();
  });
  palette.addEventListener("click", (event) => {
    if (event.target === palette) palette.close();
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if ((event.key === "k" && (event.ctrlKey || event.metaKey)) || (event.key === "/" && !typing)) {
      event.preventDefault();
      open();
    }
  });
}
