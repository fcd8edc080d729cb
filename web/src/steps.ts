// Undo and redo: what was before each step. One slide or one word is one step, not one per pixel or letter.

const MOST = 100;
/** Edits of one kind that follow each other within this time are one step [ms]. */
const TOGETHER_MS = 900;

export class Steps<T> {
  private past: T[] = [];
  private future: T[] = [];
  private last = { what: "", at: 0 };

  get back(): number {
    return this.past.length;
  }

  get forth(): number {
    return this.future.length;
  }

  /** An edit was made; `what` names one that may go on, the empty name stands alone. */
  add(what: string, before: T): void {
    const at = performance.now();
    const goesOn = what !== "" && this.last.what === what && at - this.last.at < TOGETHER_MS && this.past.length > 0;
    if (!goesOn) {
      this.past.push(before);
      if (this.past.length > MOST) this.past.shift();
    }
    this.last = { what, at };
    this.future = [];
  }

  /** One step back, or forth again; `now` can be come back to. Null where there is none. */
  go(forth: boolean, now: T): T | null {
    const [from, to] = forth ? [this.future, this.past] : [this.past, this.future];
    const found = from.pop();
    if (found === undefined) return null;
    to.push(now);
    this.last = { what: "", at: 0 };
    return found;
  }
}
