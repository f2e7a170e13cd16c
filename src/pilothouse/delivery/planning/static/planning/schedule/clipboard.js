// SPDX-License-Identifier: Apache-2.0
// Blocks of cells to and from a spreadsheet: lines, tabs between cells, quotes around what holds either.

/** Cells as spreadsheets take them. */
export function written(lines) {
  return lines.map((cells) => cells.map((cell) => (/[\t\n"]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join("\t")).join("\n");
}

/** Text of a spreadsheet → lines of cells. */
export function read(text) {
  const lines = [[]];
  let cell = "";
  let quoted = false;
  const source = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  for (let place = 0; place < source.length; place++) {
    const sign = source[place];
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (source[place + 1] === '"') cell += source[++place];
      else quoted = false;
    } else if (sign === '"' && cell === "") quoted = true;
    else if (sign === "\t" || sign === "\n") {
      lines.at(-1).push(cell);
      cell = "";
      if (sign === "\n") lines.push([]);
    } else cell += sign;
  }
  lines.at(-1).push(cell);
  return lines;
}
