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
import OlMap from "ol/Map";
import VectorSource from "ol/source/Vector";
import View from "ol/View";
import { type Data, embedded, h, mark, Newest, Refusal, said } from "./core";
import { circle, MARGIN_MM, type Point, type Shape } from "./drawing";
import { layersOf } from "./regionlook";
import { PictureScale, type Setup, SHEET } from "./regionscale";
import { cornerTable, mover, roundFields, shapeRow, summary, type WorkedOut } from "./regiontable";

// a map that has no room for a moment, as in print, is nothing to warn of
setLevel("error");

/** Of a round exclusion that is added by the button [mm]. */
const ROUND_MM = 4;

export class ColonnadeRegion extends HTMLElement {
  private scale = new PictureScale(SHEET);
  private map: OlMap | null = null;
  readonly shapes = new VectorSource<Feature<Polygon>>();
  readonly stamps = new VectorSource<Feature<Polygon>>();
  readonly kept = new VectorSource<Feature<Polygon>>();
  readonly soft = new VectorSource<Feature<Polygon>>();
  readonly rulers = new VectorSource<Feature<LineString>>();
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
  private sum = h("p", { class: "region-sum", role: "status" });
  private questions = new Newest();
  private outlineQuestions = new Newest();
  /** Shapes that have no place on the picture yet: it has no scale. */
  private waiting: Shape[] = [];
  private framed = false;

  connectedCallback(): void {
    if (this.map) return;
    this.scale = new PictureScale({ ...SHEET, ...(embedded<Setup>(this, "region") ?? {}) });
    this.build();
    this.open();
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
    return [...this.features().map((f) => this.shape(f)), ...this.waiting];
  }

  /** Draws these shapes in place of what is drawn. */
  show(shapes: Shape[], mm_per_px: number | null): void {
    this.scale.mm_per_px = mm_per_px;
    const chosen = String(this.chosen?.get("name") ?? "");
    this.shapes.clear();
    this.waiting = [];
    this.chosen = null;
    // without a scale millimetres have no place on the picture yet
    if (mm_per_px === null) this.waiting = shapes;
    else for (const shape of shapes) this.add(shape, false);
    this.chosen = this.features().find((f) => f.get("name") === chosen) ?? this.features()[0] ?? null;
    // a sheet has nothing to show beside the shapes
    const extent = this.shapes.getExtent();
    if (!this.scale.setup.photo && extent && !this.framed && this.features().length > 0) {
      this.framed = true;
      const room = 0.5 * Math.max((extent[2] ?? 0) - (extent[0] ?? 0), (extent[3] ?? 0) - (extent[1] ?? 0));
      this.map?.getView().fit([(extent[0] ?? 0) - room, (extent[1] ?? 0) - room, (extent[2] ?? 0) + room, (extent[3] ?? 0) + room]);
    }
    this.forgetStamps();
    this.tellScale();
    this.list();
  }

  /** Asks what the drawing comes to and shows it: margins that will be kept, soft edges, the treated area. */
  async workOut(where: Data): Promise<void> {
    this.kept.clear();
    this.soft.clear();
    this.sum.textContent = "";
    this.setAttribute("outlines", "working");
    try {
      const answer = await this.outlineQuestions.ask(`${this.getAttribute("src") ?? "/live"}/drawing`, where);
      if (!answer) return;
      const found = (await answer.json()) as WorkedOut;
      this.complain("");
      const polygons = (rings: Point[][][]) => (this.scale.mm_per_px ? rings.map((r) => this.polygon(r)) : []);
      this.kept.addFeatures(found.kept_out.flatMap((one) => polygons(one.kept_mm)));
      this.soft.addFeatures(found.zones.flatMap((zone) => polygons(zone.full_mm)));
      const total = found.zones.reduce((sum, zone) => sum + zone.area_mm2, 0);
      this.sum.textContent = summary(found, total);
      this.setAttribute("treated-mm2", total.toFixed(2));
      this.setAttribute("outlines", "fresh");
    } catch (error) {
      this.complain(error instanceof Error ? error.message : "The drawing could not be worked out.");
      this.removeAttribute("treated-mm2");
      this.setAttribute("outlines", "failed");
    }
  }

  /** Takes the stamps away: they belong to what was drawn or set before. */
  forgetStamps(): void {
    if (this.stamps.getFeatures().length === 0) return;
    this.stamps.clear();
    mark(this, "fresh", "The stamps belonged to other inputs.");
    this.setAttribute("stamps", "0");
  }

  /** Outlines of the stamps [mm], drawn over the photograph. */
  showStamps(outlines: Point[][]): void {
    this.stamps.clear();
    this.stamps.addFeatures(outlines.map((ring) => this.polygon([ring])));
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
      h("button", { type: "button", class: "quiet", onclick: () => this.disc() }, "Add round exclusion"),
      this.scale.setup.photo &&
        h(
          "button",
          { type: "button", class: "quiet", "data-tool": "scale", onclick: () => this.measure() },
          "Scale by two points",
        ),
      this.scale.setup.photo && h("label", { for: "scale-mm" }, "apart [mm]"),
      this.scale.setup.photo && length,
      h(
        "button",
        {
          type: "button",
          class: "quiet",
          onclick: () => this.map?.getView().fit([0, 0, this.scale.setup.width, this.scale.setup.height]),
        },
        "Whole picture",
      ),
    );
    const head = h(
      "tr",
      {},
      ...["Name", "Kind", "Area [mm²]", "Edge [mm]", ""].map((t) =>
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
      this.sum,
      h("p", { class: "island-note", role: "status", hidden: true }),
      h("p", { class: "field-error region-error", role: "alert", hidden: true }),
    );
  }

  private open(): void {
    const { width, height } = this.scale.setup;
    const extent = [0, 0, width, height];
    const { projection, layers, shapes } = layersOf(this.scale.setup, this, (feature) => feature === this.chosen);
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
    modify.on("modifyend", (event) => {
      // what was round is not any more
      for (const feature of event.features.getArray()) feature.unset("round");
      this.changed();
    });
    this.map.addInteraction(select);
    this.map.addInteraction(modify);
    this.map.addInteraction(new Snap({ source: this.shapes }));
  }

  // --- coordinates --------------------------------------------------------------------------------------------------
  private polygon(rings: Point[][]): Feature<Polygon> {
    return new Feature(new Polygon(rings.map((ring) => [...ring, ring[0] as Point].map((p) => this.scale.toMap(p)))));
  }

  private shape(feature: Feature<Polygon>): Shape {
    const round = feature.get("round") as { centre: number[]; diameter: number } | undefined;
    const exclusion = feature.get("kind") === "exclusion";
    return {
      name: String(feature.get("name")),
      kind: exclusion ? "exclusion" : "zone",
      rings_mm: round ? [] : this.rings(feature),
      ...(exclusion ? { margin_mm: Number(feature.get("edge")) } : { feather_mm: Number(feature.get("edge")) }),
      ...(feature.get("rest") ? { rest: true } : {}),
      ...(round
        ? { round: { centre_mm: this.scale.toMm(round.centre), diameter_mm: this.scale.length(round.diameter) } }
        : {}),
    };
  }

  private rings(feature: Feature<Polygon>): Point[][] {
    // OpenLayers repeats the first point at the end of a ring
    return (feature.getGeometry()?.getCoordinates() ?? []).map((ring) =>
      ring.slice(0, -1).map((p) => this.scale.toMm(p)),
    );
  }

  private features(): Feature<Polygon>[] {
    return this.shapes.getFeatures().sort((a, b) => Number(a.get("order")) - Number(b.get("order")));
  }

  // --- drawing ------------------------------------------------------------------------------------------------------
  private draw(kind: Shape["kind"]): void {
    this.stopDrawing();
    if (!this.scale.mm_per_px) {
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
      void this.setScale(a as number[], b as number[]);
    });
    this.map?.addInteraction(this.drawing);
    this.setAttribute("tool", "scale");
  }

  private stopDrawing(): void {
    if (this.drawing) this.map?.removeInteraction(this.drawing);
    this.drawing = null;
    this.removeAttribute("tool");
  }

  private async setScale(a: number[], b: number[]): Promise<void> {
    const mm = Number(this.querySelector<HTMLInputElement>("#scale-mm")?.value);
    try {
      await this.scale.measure(a, b, mm, this.getAttribute("src") ?? "/live");
      const waiting = this.waiting;
      this.waiting = [];
      for (const shape of waiting) this.add(shape, false);
      this.tellScale();
      // what is drawn keeps its place on the picture; its millimetres change
      this.changed();
    } catch (error) {
      this.complain(error instanceof Refusal ? error.message : "The scale could not be set.");
    }
  }

  private tellScale(): void {
    this.scaleNote.textContent = this.scale.words;
    this.setAttribute("mm-per-px", this.scale.mm_per_px ? String(this.scale.mm_per_px) : "");
  }

  private disc(): void {
    const { width, height, mm_per_px } = this.scale.setup;
    if (!mm_per_px) {
      this.complain("Set the scale first.");
      return;
    }
    const zone = this.features().find((f) => f.get("kind") === "zone");
    const middle = zone?.getGeometry()?.getInteriorPoint().getCoordinates() ?? [width / 2, height / 2];
    const centre_mm = this.scale.toMm(middle);
    this.add(
      { name: "", kind: "exclusion", rings_mm: [], round: { centre_mm, diameter_mm: ROUND_MM }, margin_mm: MARGIN_MM },
      true,
    );
  }

  private square(): void {
    if (!this.scale.mm_per_px) {
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
    const { round } = shape;
    const feature = this.polygon(round ? [circle(round.centre_mm, round.diameter_mm)] : shape.rings_mm);
    this.name(feature, shape.kind, shape.name);
    const edge = shape.kind === "exclusion" ? (shape.margin_mm ?? MARGIN_MM) : (shape.feather_mm ?? 0);
    feature.setProperties({ edge, rest: shape.rest ?? false });
    if (round) this.place(feature, this.scale.toMap(round.centre_mm), round.diameter_mm / (this.scale.mm_per_px ?? 1));
    this.shapes.addFeature(feature);
    this.chosen = feature;
    if (told) this.changed();
  }

  /** Makes a feature round: middle and diameter on the picture. */
  private place(feature: Feature<Polygon>, centre: number[], diameter: number): void {
    feature.set("round", { centre, diameter });
    const ring = circle(centre as Point, diameter);
    feature.getGeometry()?.setCoordinates([[...ring, ring[0] as Point]]);
  }

  private name(feature: Feature<Polygon>, kind: Shape["kind"], name = ""): void {
    const taken = new Set(this.shapes.getFeatures().map((f) => String(f.get("name"))));
    let made = name;
    for (let i = 1; !made || (!name && taken.has(made)); i++) made = `${kind === "zone" ? "Zone" : "Exclusion"} ${i}`;
    const order = 1 + Math.max(-1, ...this.shapes.getFeatures().map((f) => Number(f.get("order") ?? -1)));
    feature.setProperties({ kind, name: made, order, edge: kind === "exclusion" ? MARGIN_MM : 0 });
    this.chosen = feature;
  }

  private choose(feature: Feature<Polygon> | null): void {
    this.chosen = feature;
    this.shapes.changed();
    this.list();
  }

  /** `what` names an edit that goes on, as that of an arrow key that is held: one step to undo. */
  private changed(what = ""): void {
    this.forgetStamps();
    this.complain("");
    this.list();
    const detail = { what, shapes: this.drawn, mm_per_px: this.scale.mm_per_px };
    this.dispatchEvent(new CustomEvent("region-change", { bubbles: true, detail }));
  }

  private complain(words: string): void {
    const place = this.querySelector<HTMLElement>(".region-error");
    if (!place) return;
    place.textContent = words;
    place.hidden = words === "";
  }

  // --- the table ------------------------------------------------------------------------------------------------------
  private list(): void {
    const zones = this.features().filter((f) => f.get("kind") === "zone").length;
    const rows = this.features().map((feature, i) =>
      shapeRow(feature, i, {
        area_mm2: this.area(feature),
        chosen: feature === this.chosen,
        last: feature.get("kind") !== "exclusion" && zones === 1,
        rename: (name) => {
          feature.set("name", name || feature.get("name"));
          this.changed();
        },
        edge: (input) => this.setEdge(feature, input),
        choose: () => this.choose(feature),
        erase: () => this.erase(feature),
      }),
    );
    if (rows.length === 0) rows.push(h("tr", {}, h("td", { colspan: 5 }, this.waiting.length > 0 ? "Shown once there is a scale." : "Nothing is drawn yet.")));
    this.table.replaceChildren(...rows);
    this.setAttribute("shapes", String(this.features().length));
    this.listCorners();
  }

  private setEdge(feature: Feature<Polygon>, input: HTMLInputElement): void {
    const typed = Number(input.value);
    const fine = input.value.trim() !== "" && typed >= 0 && typed <= 100;
    if (fine) {
      feature.set("edge", typed);
      this.changed();
      return;
    }
    input.setAttribute("aria-invalid", "true");
    this.complain("A margin or a feather is 0 to 100 mm wide.");
  }

  private area(feature: Feature<Polygon>): number {
    return (feature.getGeometry()?.getArea() ?? 0) * (this.scale.mm_per_px ?? Number.NaN) ** 2;
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
    if (feature.get("round")) {
      this.corners.replaceChildren(
        mover(String(feature.get("name")), (event) => this.nudge(event)),
        this.roundFields(feature),
      );
      return;
    }
    const ring = this.rings(feature)[0] ?? [];
    this.corners.replaceChildren(
      mover(String(feature.get("name")), (event) => this.nudge(event)),
      cornerTable(String(feature.get("name")), ring, {
        move: (i, dx, dy) => this.move(i, dx, dy),
        insert: (i) => this.insert(i),
        cut: (i) => this.cut(i),
      }),
    );
  }

  /** Middle and diameter of a round exclusion. */
  private roundFields(feature: Feature<Polygon>): HTMLElement {
    const { centre, diameter } = feature.get("round") as { centre: number[]; diameter: number };
    const [x, y] = this.scale.toMm(centre);
    const set = (at: Point, diameter_mm: number) => {
      this.place(feature, this.scale.toMap(at), diameter_mm / (this.scale.mm_per_px ?? 1));
      this.changed();
    };
    return roundFields([x, y], this.scale.length(diameter), set);
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
    const s = this.scale.mm_per_px ?? 1;
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
    const by = (event.shiftKey ? 5 : 0.5) / (this.scale.mm_per_px ?? 1);
    const [dx, dy] = [(step[0] ?? 0) * by, (step[1] ?? 0) * by];
    const round = this.chosen.get("round") as { centre: number[]; diameter: number } | undefined;
    if (round)
      this.place(this.chosen, [(round.centre[0] ?? 0) + dx, (round.centre[1] ?? 0) + dy], round.diameter);
    else this.chosen.getGeometry()?.translate(dx, dy);
    this.changed("moved");
    this.querySelector<HTMLElement>(".nudge")?.focus();
  }
}

customElements.define("colonnade-region", ColonnadeRegion);
