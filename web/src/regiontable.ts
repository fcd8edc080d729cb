// The table beside the picture: every shape, its corners or its middle and diameter, all within reach of the keyboard.

import type Feature from "ol/Feature";
import type { Polygon } from "ol/geom";
import { h, said } from "./core";
import type { Point } from "./drawing";

/** What a row shows and does. */
export interface Row {
  area_mm2: number;
  chosen: boolean;
  /** The only zone, which cannot be removed. */
  last: boolean;
  rename: (name: string) => void;
  edge: (input: HTMLInputElement) => void;
  choose: () => void;
  erase: () => void;
}
/** What can be done to the corners of a shape: number of the corner, millimetres. */
export interface Corners {
  move: (i: number, dx: number, dy: number) => void;
  insert: (i: number) => void;
  cut: (i: number) => void;
}

/** A row of the table of shapes. */
export function shapeRow(feature: Feature<Polygon>, i: number, does: Row): HTMLElement {
  const name = h("input", {
    type: "text",
    value: String(feature.get("name")),
    "aria-label": `Name of shape ${i + 1}`,
    maxlength: 80,
    onchange: (event) => does.rename((event.target as HTMLInputElement).value.trim()),
  });
  const exclusion = feature.get("kind") === "exclusion";
  const word = exclusion ? "margin" : "feather";
  const edge = h("input", {
    type: "number",
    min: 0,
    max: 100,
    step: "any",
    value: String(feature.get("edge")),
    "aria-label": `${exclusion ? "Margin round" : "Feather of"} ${feature.get("name")} [mm]`,
    onchange: (event) => does.edge(event.target as HTMLInputElement),
  });
  return h(
    "tr",
    { "aria-selected": does.chosen ? "true" : "false", class: does.chosen ? "chosen" : "" },
    h("td", {}, name),
    h("td", {}, feature.get("rest") ? "all the rest" : String(feature.get("kind"))),
    h("td", { class: "number" }, said(does.area_mm2, 4)),
    h("td", { class: "edge" }, edge, h("small", {}, word)),
    h(
      "td",
      {},
      h("button", { type: "button", class: "quiet", onclick: () => does.choose() }, "Edit"),
      h(
        "button",
        {
          type: "button",
          class: "quiet",
          disabled: does.last,
          title: does.last ? "A plan needs a zone" : null,
          onclick: () => does.erase(),
        },
        "Remove",
        h("span", { class: "visually-hidden" }, ` ${String(feature.get("name"))}`),
      ),
    ),
  );
}

/** The corners of a shape [mm]. */
export function cornerTable(name: string, ring: Point[], does: Corners): HTMLElement {
  const rows = ring.map(([x, y], i) => {
    const field = (axis: 0 | 1, value: number) =>
      h("input", {
        type: "number",
        step: "any",
        value: String(Math.round(value * 100) / 100),
        "aria-label": `${axis === 0 ? "x" : "y"} of corner ${i + 1} [mm]`,
        onchange: (event) => {
          const typed = Number((event.target as HTMLInputElement).value);
          if (Number.isFinite(typed)) does.move(i, axis === 0 ? typed - x : 0, axis === 1 ? typed - y : 0);
        },
      });
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, String(i + 1)),
      h("td", {}, field(0, x)),
      h("td", {}, field(1, y)),
      h(
        "td",
        {},
        h(
          "button",
          { type: "button", class: "quiet", onclick: () => does.insert(i) },
          "+",
          h("span", { class: "visually-hidden" }, ` corner after ${i + 1}`),
        ),
        h(
          "button",
          { type: "button", class: "quiet", disabled: ring.length <= 3, onclick: () => does.cut(i) },
          "−",
          h("span", { class: "visually-hidden" }, ` corner ${i + 1}`),
        ),
      ),
    );
  });
  return h(
    "table",
    { class: "compact-table" },
    h("caption", {}, `Corners of ${name} [mm]`),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        ...["", "x", "y", ""].map((t, k) =>
          h("th", { scope: "col" }, t || h("span", { class: "visually-hidden" }, k === 0 ? "Corner" : "Actions")),
        ),
      ),
    ),
    h("tbody", {}, ...rows),
  );
}

/** Middle and diameter of a round exclusion [mm]. */
export function roundFields(
  [x, y]: Point,
  diameter_mm: number,
  set: (middle: Point, diameter_mm: number) => void,
): HTMLElement {
  const field = (label: string, value: number, least: number | null, change: (typed: number) => void) =>
    h(
      "label",
      {},
      label,
      h("input", {
        type: "number",
        step: "any",
        min: least,
        value: String(value),
        onchange: (event) => {
          const typed = Number((event.target as HTMLInputElement).value);
          if (Number.isFinite(typed) && !(least !== null && typed < least)) change(typed);
        },
      }),
    );
  return h(
    "div",
    { class: "round-fields" },
    field("x of the middle [mm]", x, null, (v) => set([v, y], diameter_mm)),
    field("y of the middle [mm]", y, null, (v) => set([x, v], diameter_mm)),
    field("Diameter [mm]", diameter_mm, 0.1, (v) => set([x, y], v)),
  );
}

/** The place whose arrow keys move a shape. */
export function mover(name: string, nudge: (event: KeyboardEvent) => void): HTMLElement {
  return h(
    "div",
    {
      class: "nudge",
      tabindex: 0,
      role: "group",
      "aria-label": "Move the whole shape with the arrow keys: 0.5 mm, with Shift 5 mm",
      onkeydown: (event) => nudge(event as KeyboardEvent),
    },
    "Arrow keys here move ",
    h("strong", {}, name),
    " by 0.5 mm (Shift: 5 mm)",
  );
}

/** What the server says of a drawing: polygons with their rings [mm]. */
export interface WorkedOut {
  zones: { name: string; area_mm2: number; treated_mm: Point[][][]; feather_mm: number | null; full_mm: Point[][][] }[];
  kept_out: { name: string; margin_mm: number; kept_mm: Point[][][] }[];
}

/** One line on what a drawing comes to, from the treated area `total` [mm²]. */
export function summary({ zones, kept_out }: WorkedOut, total: number): string {
  const margins = kept_out.filter((one) => one.margin_mm > 0).length;
  return [
    `Treated: ${said(total, 4)} mm²`,
    zones.length > 1 && ` (${zones.map((z) => `${z.name} ${said(z.area_mm2, 4)}`).join(", ")})`,
    kept_out.length > 0 && `; ${kept_out.length} kept out, ${margins} with a margin (dotted)`,
    zones.some((z) => z.feather_mm) && "; inside the thin line the density is full",
    ".",
  ]
    .filter(Boolean)
    .join("");
}
