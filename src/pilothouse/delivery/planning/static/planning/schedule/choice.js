// SPDX-License-Identifier: Apache-2.0
// What is chosen: the active cell, the block up to where the choice began, and single rows besides.

export class Choice {
  constructor(plan, keys) {
    this.plan = plan;
    this.keys = keys;
    this.active = null;
    this.anchor = null;
    this.extra = new Set();
  }

  /** Make a cell the active one; with `extend` the block reaches to it. */
  to(uid, key, extend = false) {
    this.active = { uid, key };
    if (!extend || !this.anchor) this.anchor = this.active;
    if (!extend) this.extra.clear();
  }

  /** Add a row to those chosen, or take it away. */
  toggle(uid, key) {
    const had = this.rows();
    this.anchor = this.active = { uid, key };
    this.extra = new Set(had);
    if (!this.extra.delete(uid)) this.extra.add(uid);
  }

  /** Go so many columns and rows further; what is folded or left out is passed over. */
  step(across, down, extend = false) {
    const { shown, placeOf } = this.plan;
    if (!shown.length) return;
    const keys = this.keys();
    const place = Math.min(Math.max((placeOf.get(this.active?.uid) ?? 0) + down, 0), shown.length - 1);
    const column = Math.min(Math.max(keys.indexOf(this.active?.key ?? keys[0]) + across, 0), keys.length - 1);
    this.to(shown[place].uid, keys[column], extend);
  }

  /** Uids of the rows chosen, in the order of the plan. */
  rows() {
    const chosen = new Set(this.extra);
    const { shown, placeOf } = this.plan;
    const one = placeOf.get(this.anchor?.uid);
    const other = placeOf.get(this.active?.uid);
    if (other !== undefined && !this.extra.size) {
      const first = one ?? other;
      for (let place = Math.min(first, other); place <= Math.max(first, other); place++) chosen.add(shown[place].uid);
    }
    return shown.filter((row) => chosen.has(row.uid)).map((row) => row.uid);
  }

  /** Keys of the columns of the block. */
  columns() {
    const keys = this.keys();
    if (!this.active) return [];
    const one = keys.indexOf(this.anchor?.key ?? this.active.key);
    const other = keys.indexOf(this.active.key);
    return keys.slice(Math.min(one, other), Math.max(one, other) + 1);
  }

  /** After rows went: the active cell is one that is still there. */
  settle() {
    const { shown, placeOf } = this.plan;
    for (const uid of this.extra) if (!placeOf.has(uid)) this.extra.delete(uid);
    if (this.active && !placeOf.has(this.active.uid)) {
      const row = shown[Math.min(this.lastPlace ?? 0, shown.length - 1)];
      this.active = row ? { uid: row.uid, key: this.active.key } : null;
      this.anchor = this.active;
    }
    if (this.anchor && !placeOf.has(this.anchor.uid)) this.anchor = this.active;
    this.lastPlace = placeOf.get(this.active?.uid);
  }
}
