// The panel of the chosen device: its knobs in its own order and units, the range that is offered, errors beside them.

import { h, said } from "./core";

export interface Knob {
  path: string;
  id: string;
  kind: string;
  title: string;
  label: string;
  unit: string;
  help: string;
  low: number | null;
  low_excluded: boolean;
  high: number | null;
  on_panel: boolean;
  offered: {
    low: number;
    high: number;
    step: number | null;
    values: number[];
    default: number;
    flag: string;
    said: string;
  } | null;
}
export interface Card {
  id: string;
  name: string;
  commissioned: boolean;
  built_from: string;
  assumed: string[];
  reviewed_by: string;
  scan_max_mm: number;
  knobs: Knob[];
}
export type Settings = Record<string, number>;

/** Ways to say how dense the columns lie: one at a time. */
const DENSITY = ["density_pct", "spacing_um", "pitch_um", "spots_per_cm2"];

export class ColonnadeSettings extends HTMLElement {
  private card: Card | null = null;
  private values: Settings = {};
  private inputs = new Map<string, { number: HTMLInputElement; range: HTMLInputElement | null; error: HTMLElement }>();

  /** Shows the knobs of a device with these values. */
  use(card: Card, values: Settings): void {
    this.card = card;
    this.values = { ...values };
    this.render();
  }

  /** What is typed now; empty fields are left out: the device's own value holds. */
  get settings(): Settings {
    return { ...this.values };
  }

  /** New values from outside (undo, a published setting). */
  set settings(values: Settings) {
    this.values = { ...values };
    for (const [name, { number, range }] of this.inputs) {
      const value = values[name];
      number.value = value === undefined ? "" : String(value);
      if (range) this.place(name, range);
    }
  }

  /** Sentences to show under the knobs they belong to; "" belongs to none and stands below all. */
  complain(errors: Record<string, string>): void {
    const rest: string[] = [];
    for (const [name, { number, error }] of this.inputs) {
      error.textContent = errors[name] ?? "";
      error.hidden = !errors[name];
      number.toggleAttribute("aria-invalid", false);
      if (errors[name]) number.setAttribute("aria-invalid", "true");
    }
    for (const [name, words] of Object.entries(errors)) if (!this.inputs.has(name)) rest.push(words);
    const whole = this.querySelector<HTMLElement>(".settings-error");
    if (whole) {
      whole.textContent = rest.join(" ");
      whole.hidden = rest.length === 0;
    }
    this.setAttribute("errors", String(Object.keys(errors).length));
  }

  private render(): void {
    const card = this.card;
    if (!card) return;
    this.inputs.clear();
    const panel = card.knobs.filter((k) => k.on_panel).map((k) => this.knob(k));
    const more = card.knobs.filter((k) => !k.on_panel).map((k) => this.knob(k));
    const given = card.knobs.some((k) => !k.on_panel && this.values[k.path] !== undefined && k.path !== "passes");
    this.replaceChildren(
      ...panel,
      h("p", { class: "field-error settings-error", role: "alert", hidden: true }),
      h(
        "details",
        { class: "more", open: given },
        h("summary", {}, "More settings"),
        h("p", { class: "hint" }, "What is left empty is the device’s own."),
        ...more,
      ),
    );
    this.setAttribute("device", card.id);
  }

  private knob(knob: Knob): HTMLElement {
    const value = this.values[knob.path];
    const id = `k-${knob.path}`;
    const offered = knob.offered;
    const step = knob.kind === "integer" ? 1 : (offered?.step ?? "any");
    const number = h("input", {
      type: "number",
      id,
      name: knob.path,
      inputmode: knob.kind === "integer" ? "numeric" : "decimal",
      step: knob.kind === "integer" ? 1 : "any",
      value: value ?? "",
      placeholder: offered ? said(offered.default) : "",
      "aria-describedby": `${id}-help ${id}-error`,
      oninput: () => this.typed(knob, number.value),
    });
    let range: HTMLInputElement | null = null;
    if (knob.on_panel && offered && offered.high > offered.low) {
      const listed = offered.values.length > 1;
      range = h("input", {
        type: "range",
        min: listed ? 0 : offered.low,
        max: listed ? offered.values.length - 1 : offered.high,
        step: listed ? 1 : step === "any" ? (offered.high - offered.low) / 100 : step,
        "aria-label": `${knob.label}, slider`,
        oninput: () => this.slid(knob, range as HTMLInputElement),
      });
    }
    const error = h("p", { class: "field-error", id: `${id}-error`, role: "alert", hidden: true });
    this.inputs.set(knob.path, { number, range, error });
    if (range) this.place(knob.path, range);
    return h(
      "div",
      { class: "knob", "data-knob": knob.path },
      h("label", { for: id }, knob.label),
      h("div", { class: "knob-row" }, range, number, h("span", { class: "unit" }, knob.unit)),
      h(
        "p",
        { class: "hint", id: `${id}-help`, title: offered?.said ?? "" },
        offered ? this.range(knob) : knob.help || this.bounds(knob),
      ),
      error,
    );
  }

  /** What the device offers, in short; the whole sentence with its source is the title. */
  private range(knob: Knob): string {
    const offered = knob.offered as NonNullable<Knob["offered"]>;
    const span =
      offered.values.length > 0
        ? offered.values.map((v) => said(v)).join(", ")
        : `${said(offered.low)} to ${said(offered.high)}`;
    return `${span} ${knob.unit}${offered.step ? `, steps of ${said(offered.step)}` : ""} (${offered.flag})`;
  }

  private bounds(knob: Knob): string {
    if (knob.high === null) return "";
    return `${knob.low_excluded ? "above " : ""}${said(knob.low ?? 0)} to ${said(knob.high)} ${knob.unit}`;
  }

  /** Puts a slider where its value is. */
  private place(name: string, range: HTMLInputElement): void {
    const offered = this.card?.knobs.find((k) => k.path === name)?.offered;
    if (!offered) return;
    const value = this.values[name] ?? offered.default;
    if (offered.values.length > 1) {
      const nearest = offered.values.reduce(
        (best, v, i) => (Math.abs(v - value) < Math.abs((offered.values[best] ?? 0) - value) ? i : best),
        0,
      );
      range.value = String(nearest);
    } else range.value = String(value);
    const unit = this.card?.knobs.find((k) => k.path === name)?.unit ?? "";
    range.setAttribute("aria-valuetext", `${said(value)} ${unit}`);
  }

  private slid(knob: Knob, range: HTMLInputElement): void {
    const offered = knob.offered;
    if (!offered) return;
    const value =
      offered.values.length > 1 ? (offered.values[Number(range.value)] ?? offered.default) : Number(range.value);
    const number = this.inputs.get(knob.path)?.number;
    if (number) number.value = String(value);
    this.set(knob, value);
    range.setAttribute("aria-valuetext", `${said(value)} ${knob.unit}`);
  }

  private typed(knob: Knob, text: string): void {
    const value = Number(text);
    this.set(knob, text.trim() === "" || !Number.isFinite(value) ? undefined : value);
    const range = this.inputs.get(knob.path)?.range;
    if (range) this.place(knob.path, range);
  }

  private set(knob: Knob, value: number | undefined): void {
    if (value === undefined) delete this.values[knob.path];
    else {
      if (DENSITY.includes(knob.path)) for (const other of DENSITY) if (other !== knob.path) this.clear(other);
      this.values[knob.path] = value;
    }
    this.dispatchEvent(new CustomEvent("settings-change", { bubbles: true, detail: this.settings }));
  }

  private clear(name: string): void {
    delete this.values[name];
    const input = this.inputs.get(name);
    if (input) input.number.value = "";
  }
}

customElements.define("colonnade-settings", ColonnadeSettings);
