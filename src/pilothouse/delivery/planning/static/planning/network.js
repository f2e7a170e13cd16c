// SPDX-License-Identifier: Apache-2.0
// Size and place of the network: buttons, Ctrl with the wheel, dragging. The drawing is the server's.

const box = document.getElementById("network");
const drawing = box?.querySelector("svg");
const LEAST = 0.15, MOST = 3;

if (drawing) {
  const [, , wide, high] = drawing.getAttribute("viewBox").split(" ").map(Number);
  let scale = 1;

  // What lies at a point of the box stays there.
  const resize = (to, x = box.clientWidth / 2, y = box.clientHeight / 2) => {
    const before = scale;
    scale = Math.min(Math.max(to, LEAST), MOST);
    const left = ((box.scrollLeft + x) / before) * scale - x;
    const top = ((box.scrollTop + y) / before) * scale - y;
    drawing.setAttribute("width", Math.round(wide * scale));
    drawing.setAttribute("height", Math.round(high * scale));
    box.scrollTo(left, top);
  };
  const fit = () => resize(Math.min((box.clientWidth - 28) / wide, 1));

  const buttons = document.querySelector("[data-zoom]");
  buttons.hidden = false;
  buttons.addEventListener("click", (event) => {
    const by = event.target.closest("[data-by]")?.dataset.by;
    if (by === "fit") fit();
    else if (by) resize(scale * Number(by));
  });
  box.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    const frame = box.getBoundingClientRect();
    resize(scale * (event.deltaY < 0 ? 1.1 : 1 / 1.1), event.clientX - frame.left, event.clientY - frame.top);
  }, { passive: false });

  let held = null;
  box.addEventListener("pointerdown", (event) => {
    if (event.button || event.pointerType !== "mouse" || event.target.closest("a")) return;
    held = [event.clientX + box.scrollLeft, event.clientY + box.scrollTop];
    box.setPointerCapture(event.pointerId);
  });
  box.addEventListener("pointermove", (event) => {
    if (held) box.scrollTo(held[0] - event.clientX, held[1] - event.clientY);
  });
  for (const end of ["pointerup", "pointercancel"]) box.addEventListener(end, () => { held = null; });
}
