// Tables of numbers with their units, worded by the server.

import type { ColumnAnswer } from "./column";
import { h } from "./core";

export interface Numbered {
  name: string;
  label: string;
  text: string;
  unit: string;
  value: number | null;
}

/** A table: label, number with unit. */
export function numbers(rows: Numbered[], caption: string): HTMLElement {
  return h(
    "table",
    { class: "compact-table numbers" },
    h("caption", { class: "visually-hidden" }, caption),
    h(
      "tbody",
      {},
      ...rows.map((r) =>
        h(
          "tr",
          { "data-number": r.name },
          h("th", { scope: "row" }, r.label),
          h("td", {}, r.value === null ? r.text : `${r.text} ${r.unit}`.trim()),
        ),
      ),
    ),
  );
}

/** What a simulated column comes to, its validity and what is assumed. */
export function predicted(found: ColumnAnswer): HTMLElement[] {
  return [
    numbers(found.numbers, "Predicted column"),
    h(
      "p",
      { class: "hint" },
      `Regime: ${found.regime.replaceAll("_", " ")}. Energy closes to ${found.closure}. Validity: ${found.validity.status}.`,
    ),
    h(
      "details",
      {},
      h("summary", {}, "What is assumed"),
      h("ul", {}, ...[...found.validity.reasons, ...found.assumptions].map((text) => h("li", {}, text))),
    ),
  ];
}
