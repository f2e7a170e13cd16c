// SPDX-License-Identifier: Apache-2.0
// What each key does on the grid; the dialog of keys in the page says the same.

const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

/** The command of a key press with its values, or null where it is none. */
export function command(event) {
  const { key, shiftKey: shift, altKey: alt } = event;
  const ctrl = event.ctrlKey || event.metaKey;
  const arrow = ARROWS[key];
  if (arrow && alt && shift && arrow[0]) return ["longer", arrow[0]];
  if (arrow && alt && arrow[0]) return ["later", arrow[0]];
  if (arrow && alt) return [arrow[1] < 0 ? "up" : "down"];
  if (arrow && ctrl && shift && arrow[0]) return ["widen", arrow[0]];
  if (arrow && ctrl && arrow[0]) return ["fold", arrow[0] < 0];
  if (arrow) return ["go", ...arrow, shift];
  if (key === "]" && ctrl) return ["indent"];
  if (key === "[" && ctrl) return ["outdent"];
  if (key === "Home") return ["go", ctrl ? 0 : -Infinity, ctrl ? -Infinity : 0, shift];
  if (key === "End") return ["go", ctrl ? 0 : Infinity, ctrl ? Infinity : 0, shift];
  if (key === "PageUp" || key === "PageDown") return ["page", key === "PageUp" ? -1 : 1, shift];
  if (key === "Tab") return null;
  if (key === "F2" && ctrl) return [shift ? "unlink" : "link"];
  if (key === "Enter" && ctrl) return ["details"];
  if (key === "F2" || key === "Enter") return ["edit"];
  if (key === "Insert") return ["add"];
  if (key === "Delete" && ctrl) return ["remove"];
  if (key === "Delete") return ["clear"];
  if (key === "?") return ["help"];
  if (ctrl) {
    const letter = key.toLowerCase();
    if (letter === "z") return [shift ? "redo" : "undo"];
    if (letter === "y") return ["redo"];
    if (letter === "a") return ["rows"];
    if (letter === "d") return ["fill"];
    if (key === ";") return ["today"];
    return null;
  }
  return key.length === 1 && !alt ? ["type", key] : null;
}
