// The region drawn on the photograph: zones, exclusions, scale, stamps; and beside it a table that the keyboard can use.
//
// Coordinates: pixels of the upright picture, u to the right, v down. OpenLayers wants y up, so it is given (u, height − v).
// Millimetres are x to the viewer's right and y up, from the middle of the picture, as in `colonnade.field.photo`.

import { setLevel } from "ol/console";
import Feature from "ol/Feature";
import { type LineString, Polygon } from "ol/geom";
import Draw from "ol/interaction/Draw";
import Modify from "ol/interaction/Modify";
import Select from "ol/interaction/Select";
import Snap from "ol/interaction/Snap";
import ImageLayer from "ol/layer/Image";
import VectorLayer from "ol/layer/Vector";
import OlMap from "ol/Map";
import Projection from "ol/proj/Projection";
import Static from "ol/source/ImageStatic";
import VectorSource from "ol/source/Vector";
import { Fill, Stroke, Style, Text } from "ol/style";
import View from "ol/View";
import { type Data, embedded, h, mark, Newest, post, Refusal, said } from "./core";

// a map that has no room for a moment, as in print, is nothing to warn of
setLevel("error");

type Point = [number, number];
export interface Shape {
  name: string;
  kind: "zone" | "exclusion";
  rings_mm: Point[][];
}
interface Setup {
  photo: string | null;
  width: number;
  height: number;
  mm_per_px: number | null;
  shapes: Shape[];
  side: string;
  site: string;
}
/** Without a photograph: a sheet of millimetres, ten pixels each. */
const SHEET: Setup = { photo: null, width: 1200, height: 900, mm_per_px: 0.1, shapes: [], side: "", site: "" };
const COLOURS = { zone: "#d55e00", exclusion: "#1f2328", stamp: "#0072b2", scale: "#cc79a7" };

export class ColonnadeRegion extends HTMLElement {
  private setup: Setup = SHEET;
  private map: OlMap | null = null;
  private shapes = new VectorSource<Feature<Polygon>>();
  private stamps = new VectorSource<Feature<Polygon>>();
  private rulers = new VectorSource<Feature<LineString>>();
  private drawing: Draw | null = null;
  private chosen: Feature<Polygon> | null = null;
  private table = h("tbody");
  private corners = h("div", { class: "corners scroll" });
  private target = h("div", {
    class: "region-map",
    tabindex: 0,
    role: "application",
    "aria-label": "Drawing on the photograph; everything here can also be done in the table",
  });
  private scaleNote = h("p", { class: "hint" });
  private questions = new Newest();

  connectedCallback(): void {
    if (this.map) return;
    this.setup = { ...SHEET, ...(embedded<Setup>(this, "region") ?? {}) };
    this.build();
    this.open();
    // without a scale millimetres have no place on the picture yet
    if (this.setup.mm_per_px) for (const shape of this.setup.shapes) this.add(shape, false);
    this.list();
    this.tellScale();
    mark(this, "fresh");
  }

  disconnectedCallback(): void {
    this.map?.setTarget(undefined);
    this.map = null;
  }

  /** What is drawn, in millimetres. */
  get drawn(): Shape[] {
    return this.features().map((f) => ({
      name: String(f.get("name")),
      kind: f.get("kind") as Shape["kind"],
      rings_mm: this.rings(f),
    }));
  }

  /** Outlines of the stamps [mm], drawn over the photograph. */
  showStamps(outlines: Point[][]): void {
    this.stamps.clear();
    this.stamps.addFeatures(outlines.map((ring) => new Feature(new Polygon([ring.map((p) => this.toMap(p))]))));
    this.setAttribute("stamps", String(outlines.length));
  }

  /** Asks the server for the stamps that fill the region, and shows them. */
  async layStamps(payload: Data): Promise<void> {
    mark(this, "working", "Laying the stamps …");
    try {
      const answer = await this.questions.ask(`${this.getAttribute("src") ?? "/live"}/stamps`, payload);
      if (!answer) return;
      const found = (await answer.json()) as {
        outlines_mm: Point[][];
        stamp_mm: number;
        area_mm2: number;
        columns: number;
      };
      this.showStamps(found.outlines_mm);
      mark(
        this,
        "fresh",
        `${found.outlines_mm.length} stamps of at most ${said(found.stamp_mm)} mm, ${said(found.columns, 5)} columns per pass`,
      );
    } catch (error) {
      mark(this, "failed", error instanceof Error ? error.message : "Failed");
    }
  }

  // --- the frame ----------------------------------------------------------------------------------------------------
  private build(): void {
    const length = h("input", { type: "number", id: "scale-mm", min: 0.1, step: "any", value: 30 });
    const tools = h(
      "div",
      { class: "toolbar", role: "toolbar", "aria-label": "Drawing" },
      h("button", { type: "button", "data-tool": "zone", onclick: () => this.draw("zone") }, "Draw zone"),
      h(
        "button",
        { type: "button", "data-tool": "exclusion", onclick: () => this.draw("exclusion") },
        "Draw exclusion",
      ),
      h("button", { type: "button", class: "quiet", onclick: () => this.square() }, "Add 20 mm square"),
      this.setup.photo &&
        h(
          "button",
          { type: "button", class: "quiet", "data-tool": "scale", onclick: () => this.measure() },
          "Scale by two points",
        ),
      this.setup.photo && h("label", { for: "scale-mm" }, "apart [mm]"),
      this.setup.photo && length,
      h(
        "button",
        {
          type: "button",
          class: "quiet",
          onclick: () => this.map?.getView().fit([0, 0, this.setup.width, this.setup.height]),
        },
        "Whole picture",
      ),
    );
    const head = h(
      "tr",
      {},
      ...["Name", "Kind", "Area [mm²]", "Corners", ""].map((t) =>
        h("th", { scope: "col" }, t || h("span", { class: "visually-hidden" }, "Actions")),
      ),
    );
    this.append(
      tools,
      this.scaleNote,
      h(
        "div",
        { class: "region-split" },
        this.target,
        h(
          "div",
          { class: "region-side" },
          h(
            "div",
            { class: "scroll" },
            h(
              "table",
              { class: "compact-table region-table" },
              h("caption", {}, "Zones and exclusions"),
              h("thead", {}, head),
              this.table,
            ),
          ),
          this.corners,
        ),
      ),
      h("p", { class: "island-note", role: "status", hidden: true }),
      h("p", { class: "field-error region-error", role: "alert", hidden: true }),
    );
  }

  private open(): void {
    const { width, height, photo } = this.setup;
    const extent = [0, 0, width, height];
    const projection = new Projection({ code: "picture", units: "pixels", extent });
    const layers = [];
    if (photo) layers.push(new ImageLayer({ source: new Static({ url: photo, projection, imageExtent: extent }) }));
    else
      layers.push(
        new ImageLayer({ source: new Static({ url: millimetres(width, height), projection, imageExtent: extent }) }),
      );
    const shapes = new VectorLayer({ source: this.shapes, style: (f) => this.look(f as Feature<Polygon>) });
    layers.push(
      new VectorLayer({
        source: this.stamps,
        style: new Style({ stroke: new Stroke({ color: COLOURS.stamp, width: 1.2 }) }),
      }),
      shapes,
      new VectorLayer({
        source: this.rulers,
        style: new Style({ stroke: new Stroke({ color: COLOURS.scale, width: 3 }) }),
      }),
    );
    this.map = new OlMap({
      target: this.target,
      layers,
      view: new View({
        projection,
        center: [width / 2, height / 2],
        resolution: Math.max(width / 560, height / 420),
        maxResolution: 8,
        minResolution: 0.05,
        showFullExtent: true,
        extent,
        constrainOnlyCenter: true,
      }),
      controls: [],
    });
    const select = new Select({ layers: [shapes], style: null });
    select.on("select", () => this.choose((select.getFeatures().item(0) as Feature<Polygon>) ?? null));
    const modify = new Modify({ source: this.shapes });
    modify.on("modifyend", () => this.changed());
    this.map.addInteraction(select);
    this.map.addInteraction(modify);
    this.map.addInteraction(new Snap({ source: this.shapes }));
  }

  private look(feature: Feature<Polygon>): Style {
    const exclusion = feature.get("kind") === "exclusion";
    const on = feature === this.chosen;
    return new Style({
      fill: new Fill({ color: exclusion ? "rgba(31,35,40,0.45)" : "rgba(213,94,0,0.16)" }),
      stroke: new Stroke({
        color: exclusion ? COLOURS.exclusion : COLOURS.zone,
        width: on ? 4 : 2,
        ...(exclusion ? { lineDash: [8, 5] } : {}),
      }),
      text: new Text({
        text: String(feature.get("name")),
        font: "600 14px sans-serif",
        fill: new Fill({ color: "#1f2328" }),
        stroke: new Stroke({ color: "#ffffff", width: 4 }),
      }),
    });
  }

  // --- coordinates --------------------------------------------------------------------------------------------------
  private toMm([u, up]: number[]): Point {
    const s = this.setup.mm_per_px ?? Number.NaN;
    return [((u ?? 0) - this.setup.width / 2) * s, ((up ?? 0) - this.setup.height / 2) * s];
  }

  private toMap([x, y]: Point): number[] {
    const s = this.setup.mm_per_px ?? Number.NaN;
    return [x / s + this.setup.width / 2, y / s + this.setup.height / 2];
  }

  private rings(feature: Feature<Polygon>): Point[][] {
    // OpenLayers repeats the first point at the end of a ring
    return (feature.getGeometry()?.getCoordinates() ?? []).map((ring) =>
      ring.slice(0, -1).map((p) => this.toMm(p).map((v) => Math.round(v * 1000) / 1000) as Point),
    );
  }

  private features(): Feature<Polygon>[] {
    return this.shapes.getFeatures().sort((a, b) => Number(a.get("order")) - Number(b.get("order")));
  }

  // --- drawing ------------------------------------------------------------------------------------------------------
  private draw(kind: Shape["kind"]): void {
    this.stopDrawing();
    if (!this.setup.mm_per_px) {
      this.complain("Set the scale first: choose “Scale by two points” and click two points a known distance apart.");
      return;
    }
    this.drawing = new Draw({ source: this.shapes, type: "Polygon" });
    this.drawing.on("drawend", (event) => {
      this.name(event.feature as Feature<Polygon>, kind);
      this.stopDrawing();
      window.setTimeout(() => this.changed(), 0);
    });
    this.map?.addInteraction(this.drawing);
    this.setAttribute("tool", kind);
  }

  private measure(): void {
    this.stopDrawing();
    this.drawing = new Draw({ source: this.rulers, type: "LineString", maxPoints: 2 });
    this.drawing.on("drawstart", () => this.rulers.clear());
    this.drawing.on("drawend", (event) => {
      const [a, b] = (event.feature.getGeometry() as LineString).getCoordinates();
      this.stopDrawing();
      void this.scale(a as number[], b as number[]);
    });
    this.map?.addInteraction(this.drawing);
    this.setAttribute("tool", "scale");
  }

  private stopDrawing(): void {
    if (this.drawing) this.map?.removeInteraction(this.drawing);
    this.drawing = null;
    this.removeAttribute("tool");
  }

  private async scale(a: number[], b: number[]): Promise<void> {
    const mm = Number(this.querySelector<HTMLInputElement>("#scale-mm")?.value);
    const { width, height } = this.setup;
    const down = ([u, up]: number[]) => [u ?? 0, height - (up ?? 0)];
    try {
      const answer = await post(`${this.getAttribute("src") ?? "/live"}/scale`, {
        width,
        height,
        one: down(a),
        other: down(b),
        distance_mm: mm,
      });
      const found = (await answer.json()) as { mm_per_px: number };
      const kept = this.drawn.length > 0 && this.setup.mm_per_px ? found.mm_per_px / this.setup.mm_per_px : 1;
      const first = this.setup.mm_per_px === null;
      this.setup.mm_per_px = found.mm_per_px;
      if (first) for (const shape of this.setup.shapes) this.add(shape, false);
      this.stamps.clear();
      this.tellScale();
      // what is drawn keeps its place on the picture; its millimetres change
      if (kept !== 1) this.changed();
      this.list();
    } catch (error) {
      this.complain(error instanceof Refusal ? error.message : "The scale could not be set.");
    }
  }

  private tellScale(): void {
    const s = this.setup.mm_per_px;
    this.scaleNote.textContent = this.setup.photo
      ? s
        ? `Scale: ${said(1 / s)} pixels per mm; the picture is ${said(this.setup.width * s)} × ${said(this.setup.height * s)} mm.`
        : "No scale yet: set it by two points a known distance apart."
      : "No photograph: a sheet of millimetres stands for the skin. One square is 10 mm.";
    this.setAttribute("mm-per-px", s ? String(s) : "");
  }

  private square(): void {
    if (!this.setup.mm_per_px) {
      this.complain("Set the scale first.");
      return;
    }
    const n = 10;
    this.add(
      {
        name: "",
        kind: "zone",
        rings_mm: [
          [
            [-n, -n],
            [n, -n],
            [n, n],
            [-n, n],
          ],
        ],
      },
      true,
    );
  }

  private add(shape: Shape, told: boolean): void {
    const feature = new Feature(
      new Polygon(shape.rings_mm.map((ring) => [...ring, ring[0] as Point].map((p) => this.toMap(p)))),
    );
    this.name(feature, shape.kind, shape.name);
    this.shapes.addFeature(feature);
    this.chosen = feature;
    if (told) this.changed();
  }

  private name(feature: Feature<Polygon>, kind: Shape["kind"], name = ""): void {
    const taken = new Set(this.shapes.getFeatures().map((f) => String(f.get("name"))));
    let made = name;
    for (let i = 1; !made || (!name && taken.has(made)); i++) made = `${kind === "zone" ? "Zone" : "Exclusion"} ${i}`;
    feature.setProperties({ kind, name: made, order: this.shapes.getFeatures().length });
    this.chosen = feature;
  }

  private choose(feature: Feature<Polygon> | null): void {
    this.chosen = feature;
    this.shapes.changed();
    this.list();
  }

  private changed(): void {
    if (this.stamps.getFeatures().length > 0) {
      this.stamps.clear();
      mark(this, "fresh", "The stamps belonged to another region.");
      this.setAttribute("stamps", "0");
    }
    this.complain("");
    this.list();
    this.dispatchEvent(new CustomEvent("region-change", { bubbles: true, detail: this.drawn }));
  }

  private complain(words: string): void {
    const place = this.querySelector<HTMLElement>(".region-error");
    if (!place) return;
    place.textContent = words;
    place.hidden = words === "";
  }

  // --- the table ------------------------------------------------------------------------------------------------------
  private list(): void {
    const rows = this.features().map((feature, i) => {
      const area = this.area(feature);
      const name = h("input", {
        type: "text",
        value: String(feature.get("name")),
        "aria-label": `Name of shape ${i + 1}`,
        maxlength: 80,
        onchange: (event) => {
          feature.set("name", (event.target as HTMLInputElement).value.trim() || feature.get("name"));
          this.changed();
        },
      });
      const count = (feature.getGeometry()?.getCoordinates()[0]?.length ?? 1) - 1;
      return h(
        "tr",
        { "aria-selected": feature === this.chosen ? "true" : "false", class: feature === this.chosen ? "chosen" : "" },
        h("td", {}, name),
        h("td", {}, String(feature.get("kind"))),
        h("td", { class: "number" }, said(area, 4)),
        h("td", { class: "number" }, String(count)),
        h(
          "td",
          {},
          h("button", { type: "button", class: "quiet", onclick: () => this.choose(feature) }, "Edit"),
          h(
            "button",
            { type: "button", class: "quiet", onclick: () => this.erase(feature) },
            "Remove",
            h("span", { class: "visually-hidden" }, ` ${String(feature.get("name"))}`),
          ),
        ),
      );
    });
    if (rows.length === 0) rows.push(h("tr", {}, h("td", { colspan: 5 }, "Nothing is drawn yet.")));
    this.table.replaceChildren(...rows);
    this.setAttribute("shapes", String(this.features().length));
    this.listCorners();
  }

  private area(feature: Feature<Polygon>): number {
    return (feature.getGeometry()?.getArea() ?? 0) * (this.setup.mm_per_px ?? Number.NaN) ** 2;
  }

  private erase(feature: Feature<Polygon>): void {
    this.shapes.removeFeature(feature);
    if (this.chosen === feature) this.chosen = null;
    this.changed();
  }

  private listCorners(): void {
    const feature = this.chosen;
    if (!feature || !this.shapes.hasFeature(feature)) {
      this.corners.replaceChildren();
      return;
    }
    const ring = this.rings(feature)[0] ?? [];
    const rows = ring.map(([x, y], i) => {
      const field = (axis: 0 | 1, value: number) =>
        h("input", {
          type: "number",
          step: "any",
          value: String(Math.round(value * 100) / 100),
          "aria-label": `${axis === 0 ? "x" : "y"} of corner ${i + 1} [mm]`,
          onchange: (event) => {
            const typed = Number((event.target as HTMLInputElement).value);
            if (Number.isFinite(typed)) this.move(i, axis === 0 ? typed - x : 0, axis === 1 ? typed - y : 0);
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
            { type: "button", class: "quiet", onclick: () => this.insert(i) },
            "+",
            h("span", { class: "visually-hidden" }, ` corner after ${i + 1}`),
          ),
          h(
            "button",
            { type: "button", class: "quiet", disabled: ring.length <= 3, onclick: () => this.cut(i) },
            "−",
            h("span", { class: "visually-hidden" }, ` corner ${i + 1}`),
          ),
        ),
      );
    });
    const nudge = h(
      "div",
      {
        class: "nudge",
        tabindex: 0,
        role: "group",
        "aria-label": "Move the whole shape with the arrow keys: 0.5 mm, with Shift 5 mm",
        onkeydown: (event) => this.nudge(event as KeyboardEvent),
      },
      "Arrow keys here move ",
      h("strong", {}, String(feature.get("name"))),
      " by 0.5 mm (Shift: 5 mm)",
    );
    this.corners.replaceChildren(
      nudge,
      h(
        "table",
        { class: "compact-table" },
        h("caption", {}, `Corners of ${feature.get("name")} [mm]`),
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
      ),
    );
  }

  private edit(change: (ring: number[][]) => number[][]): void {
    const geometry = this.chosen?.getGeometry();
    if (!geometry) return;
    const [outline, ...holes] = geometry.getCoordinates();
    const made = change((outline ?? []).slice(0, -1));
    geometry.setCoordinates([[...made, made[0] as number[]], ...holes]);
    this.changed();
  }

  private move(i: number, dx: number, dy: number): void {
    const s = this.setup.mm_per_px ?? 1;
    this.edit((ring) => ring.map((p, k) => (k === i ? [(p[0] ?? 0) + dx / s, (p[1] ?? 0) + dy / s] : p)));
  }

  private insert(i: number): void {
    this.edit((ring) => {
      const a = ring[i] as number[];
      const b = ring[(i + 1) % ring.length] as number[];
      return [
        ...ring.slice(0, i + 1),
        [((a[0] ?? 0) + (b[0] ?? 0)) / 2, ((a[1] ?? 0) + (b[1] ?? 0)) / 2],
        ...ring.slice(i + 1),
      ];
    });
  }

  private cut(i: number): void {
    this.edit((ring) => ring.filter((_, k) => k !== i));
  }

  private nudge(event: KeyboardEvent): void {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!step || !this.chosen) return;
    event.preventDefault();
    const by = (event.shiftKey ? 5 : 0.5) / (this.setup.mm_per_px ?? 1);
    this.chosen.getGeometry()?.translate((step[0] ?? 0) * by, (step[1] ?? 0) * by);
    this.changed();
    this.querySelector<HTMLElement>(".nudge")?.focus();
  }
}

/** A sheet of millimetres as a picture: lines every 10 mm at ten pixels per millimetre. */
function millimetres(width: number, height: number): string {
  const sheet = document.createElement("canvas");
  sheet.width = width;
  sheet.height = height;
  const pen = sheet.getContext("2d");
  if (!pen) return "";
  pen.fillStyle = "#f3dfd0";
  pen.fillRect(0, 0, width, height);
  for (let v = 0; v <= Math.max(width, height); v += 50) {
    pen.fillStyle = v % 100 === 0 ? "#b79f8e" : "#e3cdbd";
    pen.fillRect(v, 0, 1, height);
    pen.fillRect(0, v, width, 1);
  }
  return sheet.toDataURL("image/png");
}

customElements.define("colonnade-region", ColonnadeRegion);
