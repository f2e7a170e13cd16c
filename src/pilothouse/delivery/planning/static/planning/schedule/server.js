// SPDX-License-Identifier: Apache-2.0
// Edits go to the server one after another; what it refuses comes back to the cell that asked.

import { token } from "../../web/app.js";

/** What the server refused, with the status and the places it named. */
export class Answer extends Error {
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? "");
    this.status = status;
    this.fields = problem.fields ?? {};
  }
}

async function asked(url, body) {
  const answer = await fetch(url, {
    method: body === undefined ? "GET" : "POST",
    body: body === undefined ? undefined : JSON.stringify(body),
    headers: body === undefined ? {} : { "Content-Type": "application/json", "X-CSRFToken": token() },
  });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Answer(answer.status, told);
  return told;
}

export class Server {
  /** Baselines are those of the plan, in a sandbox of it too. `took` is handed each answer before the next edit is made. */
  constructor(base, promised, took) {
    this.base = base;
    this.promised = promised;
    this.took = took;
    this.waiting = 0;
    this.last = Promise.resolve();
  }

  sheet() {
    return asked(`${this.base}/sheet`);
  }

  /** What baselines promised: a line for each task, uid and then start and finish by each number. */
  promises(numbers) {
    return asked(`${this.promised}/baselines/columns?numbers=${numbers.join()}`);
  }

  /** What other projects give and wait for. */
  bonds(address) {
    return asked(`${address}?limit=200&only=open`);
  }

  /** One task with what the sheet has no room for. */
  task(uid) {
    return asked(`${this.base}/tasks/${uid}`);
  }

  whatOthersDid(after) {
    return asked(`${this.base}/edits?limit=20&after=${after}`);
  }

  /**
   * Queue something to do on the plan. `make` is called when all before it is answered, so that it sees
   * the rows as they are then; it gives the steps, or none.
   */
  edit(make) {
    return this.#queue(async () => {
      const steps = make();
      return steps.length ? asked(`${this.base}/edits?sheet=true`, { steps }) : null;
    });
  }

  undo() {
    return this.#queue(() => asked(`${this.base}/edits/undo?sheet=true`, {}));
  }

  /** Leave an own edit that cannot be taken back as it stands. */
  passOver(version) {
    return this.#queue(() => asked(`${this.base}/edits/pass-over`, { plan_version: version }), false);
  }

  redo() {
    return this.#queue(() => asked(`${this.base}/edits/redo?sheet=true`, {}));
  }

  /** What changes the plan is handed on before the next is asked. */
  #queue(ask, changes = true) {
    this.waiting += 1;
    const work = async () => {
      try {
        const answer = await ask();
        if (answer && changes) this.took(answer);
        return answer;
      } finally {
        this.waiting -= 1;
      }
    };
    const mine = this.last.then(work);
    this.last = mine.catch(() => {});
    return mine;
  }
}
