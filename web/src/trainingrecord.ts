// A rehearsal that has ended: its map and its log.

import { embedded, h } from "./core";
import { type Entry, line } from "./traininglog";
import { type FieldMap, say, Sheet, sheetsOf, type Words } from "./trainingmap";

/** The map of a rehearsal that has ended. */
class TrainingMap extends HTMLElement {
  async connectedCallback(): Promise<void> {
    const words = embedded<Words>(this, "words") ?? {};
    const canvas = this.querySelector<HTMLCanvasElement>('[data-slot="field"]');
    const select = this.querySelector<HTMLSelectElement>('[data-slot="sheet"]');
    const answer = await fetch(this.getAttribute("src") ?? "", { credentials: "same-origin" });
    if (!canvas || !select || !answer.ok) return;
    const { map, columns } = (await answer.json()) as { map: FieldMap; columns: string };
    const sheets = sheetsOf(map, words);
    select.replaceChildren(...sheets.map((s) => h("option", { value: s.key }, s.label)));
    const letters = [...columns];
    const sheet = new Sheet(canvas);
    const count = (letter: string): number => letters.filter((c) => c === letter).length;
    canvas.setAttribute(
      "aria-label",
      say(words, "map.field", { fired: count("F"), not_fired: count("N"), unknown: count("U") }),
    );
    const draw = (): void => {
      const chosen = sheets.find((s) => s.key === select.value);
      if (chosen) sheet.draw(map, letters, chosen.stamps, 0, chosen.key);
    };
    select.addEventListener("change", draw);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    new ResizeObserver(draw).observe(this);
    draw();
    this.setAttribute("state", "fresh");
  }
}

/** The log of a rehearsal that has ended, as sentences, the first line first. */
class TrainingLog extends HTMLElement {
  connectedCallback(): void {
    const words = embedded<Words>(document.documentElement, "words") ?? {};
    const items = embedded<Words>(this, "items") ?? {};
    const entries = embedded<Entry[]>(this, "entries") ?? [];
    this.querySelector('[data-slot="log"]')?.replaceChildren(...entries.map((e) => line(words, items, e)));
  }
}

customElements.define("colonnade-training-map", TrainingMap);
customElements.define("colonnade-training-log", TrainingLog);
