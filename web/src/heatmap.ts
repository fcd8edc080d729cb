// The field from above: shares by place, and the heat of all columns as a film. Cells are drawn as they were computed.

import type { Layer, Profile } from "./columnpicture";
import { colour, type Data, drawn, fitted, h, mark, Newest, niceStep, onWidth, type Packed, post, said, unpack } from "./core";
import { Film } from "./film";
import { followJob } from "./job";

export interface FieldHeader {
  inputs_sha256: string;
  seconds: number;
  columns: number;
  depth_um: number;
  region_mm: [number, number, number, number];
  rings_mm: [number, number][][];
  seconds_per_pass: number;
  time_s: number[];
  /** End of the firing, where it is known. */
  fired_s?: number;
  heat_x_mm: number[];
  heat_y_mm: number[];
  map_x_mm: number[];
  map_y_mm: number[];
  basal_depth_um: number;
  peak_surface_K: number;
  peak_basal_K: number;
  start_C: number;
  bulk: { time_s: number[]; surface_K: number[]; basal_K: number[]; dermis_K: number[] };
  radii_um: { crater_um: number; coagulated_um: number };
  layers: Layer[];
  profile: Profile;
}
interface Shown {
  title: string;
  unit: string;
  over: "map" | "heat";
  array: string;
}
const SHOWN: Record<string, Shown> = {
  hit_pct: { title: "Ablated or coagulated, surface", unit: "%", over: "map", array: "hit_pct" },
  ablated_pct: { title: "Ablated", unit: "%", over: "map", array: "ablated_pct" },
  coagulated_pct: { title: "Coagulated", unit: "%", over: "map", array: "coagulated_pct" },
  heated_pct: { title: "Heated to 43 °C", unit: "%", over: "map", array: "heated_pct" },
  spared_pct: { title: "Spared", unit: "%", over: "map", array: "spared_pct" },
  surface_K: { title: "Rise, surface", unit: "K", over: "heat", array: "surface_K" },
  basal_K: { title: "Rise, basal layer", unit: "K", over: "heat", array: "basal_K" },
};

export class ColonnadeHeatmap extends HTMLElement {
  private canvas = h("canvas", { class: "figure-canvas", tabindex: 0, role: "img", "aria-label": "No field yet" });
  private select = h("select", { onchange: () => this.draw() });
  private film = new Film(this, () => this.draw(), 160);
  private job = h("div", { class: "field-job", hidden: true });
  private reading = h("p", { class: "figure-reading", role: "status" });
  private questions = new Newest();
  private field: Packed<FieldHeader> | null = null;
  private cross: [number, number] | null = null;

  connectedCallback(): void {
    if (this.contains(this.canvas)) return;
    const id = `heat-${Math.random().toString(36).slice(2)}`;
    this.select.id = id;
    this.append(
      h("div", { class: "figure-bar" }, h("label", { for: id }, "Shown"), this.select),
      this.canvas,
      this.film.element,
      this.reading,
      h("p", { class: "island-note", role: "status", hidden: true }),
    );
    this.canvas.addEventListener("pointermove", (event) => this.point(event.offsetX, event.offsetY));
    this.canvas.addEventListener("keydown", (event) => this.step(event));
    onWidth(this, () => this.draw());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    mark(this, "empty", "Not computed yet.");
    if (this.hasAttribute("pictures")) void this.fetchPictures();
  }

  /** The pictures of a saved plan, if they were computed; else the button that has them computed. */
  private async fetchPictures(): Promise<void> {
    const url = this.getAttribute("pictures") ?? "";
    const answer = await fetch(url, { credentials: "same-origin" });
    if (answer.ok) {
      this.take(unpack<FieldHeader>(await answer.arrayBuffer()));
      this.job.hidden = true;
      return;
    }
    if (!this.contains(this.job)) this.prepend(this.job);
    if (!this.hasAttribute("may-run")) return;
    this.job.hidden = false;
    this.job.replaceChildren(
      h("button", { type: "button", onclick: () => void this.compute(url) }, "Compute field map and heat film"),
    );
  }

  /** Has the pictures computed as a job. */
  private async compute(url: string): Promise<void> {
    try {
      const { job } = (await (await post(url, {})).json()) as { job: string };
      followJob(this.job, job, "the field’s pictures", () => this.fetchPictures());
    } catch (error) {
      mark(this, "failed", error instanceof Error ? error.message : "Failed");
    }
  }

  disconnectedCallback(): void {
    this.film.stop();
    this.questions.drop();
  }

  /** Grey until it is computed again. */
  stale(): void {
    this.questions.drop();
    if (this.field) mark(this, "stale", "The inputs changed. Compute the field again.");
  }

  /** The whole field, of which this shows two sides. */
  get packed(): Packed<FieldHeader> | null {
    return this.field;
  }

  /** Computes the field of `payload` (device, site, settings, region) and shows it. */
  async follow(payload: Data): Promise<Packed<FieldHeader> | null> {
    mark(this, "working", "Laying the columns and computing heat …");
    try {
      const answer = await this.questions.ask(`${this.getAttribute("src") ?? "/live"}/field`, payload);
      if (!answer) return null;
      this.take(unpack<FieldHeader>(await answer.arrayBuffer()));
    } catch (error) {
      mark(this, "failed", error instanceof Error ? error.message : "Failed");
      return null;
    }
    return this.field;
  }

  /** Shows pictures that have come. */
  private take(field: Packed<FieldHeader>): void {
    const before = this.select.value;
    this.field = field;
    const { header } = field;
    const offered = Object.entries(SHOWN).filter(([, { array }]) => array in field.arrays);
    this.select.replaceChildren(
      ...offered.map(([value, { title, unit }]) => h("option", { value }, `${title} [${unit}]`)),
    );
    if (offered.some(([value]) => value === before)) this.select.value = before;
    // the end of the firing, when it is warmest, is what one wants to see first
    const fired = header.fired_s ?? header.seconds_per_pass;
    this.film.load(header.time_s.length, Math.max(header.time_s.filter((t) => t <= fired * (1 + 1e-6)).length - 1, 0));
    this.setAttribute("columns", String(header.columns));
    this.setAttribute("inputs", header.inputs_sha256);
    this.setAttribute("frames", String(header.time_s.length));
    mark(this, "fresh");
    this.draw();
    this.dispatchEvent(new CustomEvent("field-drawn", { bubbles: true, detail: this.field }));
  }

  // --- drawing ----------------------------------------------------------------------------------------------------
  private values(): { shown: Shown; x: number[]; y: number[]; data: ArrayLike<number>; high: number } | null {
    if (!this.field) return null;
    const shown = SHOWN[this.select.value] as Shown;
    const { header, arrays } = this.field;
    const array = arrays[shown.array];
    if (!array) return null;
    const heat = shown.over === "heat";
    const x = heat ? header.heat_x_mm : header.map_x_mm;
    const y = heat ? header.heat_y_mm : header.map_y_mm;
    const size = x.length * y.length;
    const at = heat ? this.film.at * size : 0;
    let high = 0;
    // one scale for the whole film, so that its pictures can be compared
    for (const v of array.data) if (Number.isFinite(v) && v > high) high = v;
    const step = niceStep(Math.max(high, 1e-3), 4);
    return {
      shown,
      x,
      y,
      data: array.data.subarray(at, at + size),
      high: Math.max(step, Math.ceil(high / step) * step),
    };
  }

  private place(): {
    left: number;
    top: number;
    scale: number;
    width: number;
    height: number;
    box: [number, number, number, number];
  } | null {
    const header = this.field?.header;
    if (!header) return null;
    const [x0, y0, x1, y1] = header.region_mm;
    const margin = 0.04 * Math.max(x1 - x0, y1 - y0);
    const box: [number, number, number, number] = [x0 - margin, y0 - margin, x1 + margin, y1 + margin];
    const width = Math.max(280, this.clientWidth);
    const room = width - 52 - 110;
    const scale = Math.min(room / (box[2] - box[0]), 420 / (box[3] - box[1]));
    return { left: 52, top: 24, scale, width, height: Math.round((box[3] - box[1]) * scale) + 62, box };
  }

  private draw(): void {
    const found = this.values();
    const p = this.place();
    if (!found || !p) return;
    const { shown, x, y, data, high } = found;
    this.film.element.hidden = shown.over !== "heat";
    this.canvas.style.width = `${p.width}px`;
    this.canvas.style.height = `${p.height}px`;
    const pen = fitted(this.canvas, p.width, p.height);
    if (!pen || !this.field) return;
    const image = new ImageData(x.length, y.length);
    for (let j = 0; j < y.length; j++) {
      for (let i = 0; i < x.length; i++) {
        const v = data[j * x.length + i] ?? Number.NaN;
        if (Number.isNaN(v)) continue;
        const o = 4 * ((y.length - 1 - j) * x.length + i);
        const [r, g, b] = colour(v / high);
        image.data.set([r, g, b, 255], o);
      }
    }
    const sheet = document.createElement("canvas");
    sheet.width = x.length;
    sheet.height = y.length;
    sheet.getContext("2d")?.putImageData(image, 0, 0);
    const dx = (x[1] ?? 1) - (x[0] ?? 0);
    const dy = (y[1] ?? 1) - (y[0] ?? 0);
    const sx = (mm: number) => p.left + (mm - p.box[0]) * p.scale;
    const sy = (mm: number) => p.top + (p.box[3] - mm) * p.scale;
    const right = sx(p.box[2]);
    const bottom = sy(p.box[1]);
    pen.save();
    pen.beginPath();
    pen.rect(p.left, p.top, right - p.left, bottom - p.top);
    pen.clip();
    pen.imageSmoothingEnabled = false;
    pen.drawImage(
      sheet,
      sx((x[0] ?? 0) - dx / 2),
      sy((y.at(-1) ?? 0) + dy / 2),
      x.length * dx * p.scale,
      y.length * dy * p.scale,
    );
    const text = getComputedStyle(this).color;
    pen.lineWidth = 1.5;
    for (const ring of this.field.header.rings_mm) {
      pen.beginPath();
      for (const [mx, my] of ring) pen.lineTo(sx(mx), sy(my));
      pen.closePath();
      pen.strokeStyle = "#ffffff";
      pen.lineWidth = 3;
      pen.stroke();
      pen.strokeStyle = "#1f2328";
      pen.lineWidth = 1.2;
      pen.stroke();
    }
    if (this.cross) {
      pen.strokeStyle = "#56b4e9";
      pen.beginPath();
      pen.moveTo(sx(this.cross[0]), p.top);
      pen.lineTo(sx(this.cross[0]), bottom);
      pen.moveTo(p.left, sy(this.cross[1]));
      pen.lineTo(right, sy(this.cross[1]));
      pen.stroke();
    }
    pen.restore();
    pen.font = `12px ${getComputedStyle(this).fontFamily}`;
    pen.fillStyle = text;
    pen.strokeStyle = text;
    pen.lineWidth = 1;
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    const step = niceStep(p.box[2] - p.box[0], 5);
    for (let v = Math.ceil(p.box[1] / step) * step; v <= p.box[3]; v += step) pen.fillText(said(v), p.left - 6, sy(v));
    pen.textAlign = "center";
    for (let v = Math.ceil(p.box[0] / step) * step; v <= p.box[2]; v += step) pen.fillText(said(v), sx(v), bottom + 12);
    pen.textAlign = "left";
    pen.fillText("y [mm]", 4, 11);
    pen.fillText("x [mm]", right + 8, bottom + 12);
    pen.fillText(`inputs ${this.field.header.inputs_sha256.slice(0, 10)}`, p.left, bottom + 30);
    const tall = Math.min(200, bottom - p.top - 20);
    for (let i = 0; i < tall; i++) {
      const [r, g, b] = colour(1 - i / tall);
      pen.fillStyle = `rgb(${r} ${g} ${b})`;
      pen.fillRect(right + 14, p.top + 18 + i, 16, 1.5);
    }
    pen.fillStyle = text;
    pen.fillText(`${shown.unit}`, right + 14, p.top + 6);
    for (const f of [0, 0.25, 0.5, 0.75, 1]) pen.fillText(said(f * high), right + 36, p.top + 18 + tall * (1 - f));
    const time = this.field.header.time_s[this.film.at] ?? 0;
    const { fired_s } = this.field.header;
    this.film.say(`${said(time)} s${fired_s === undefined ? "" : time <= fired_s ? ", firing" : ", cooling"}`);
    this.setAttribute("shown", this.select.value);
    this.canvas.setAttribute(
      "aria-label",
      `${shown.title} over the field, ${this.field.header.columns} columns, scale 0 to ${said(high)} ${shown.unit}. Arrow keys move a cross that reads values.`,
    );
    this.tell();
    drawn(this);
  }

  private point(px: number, py: number): void {
    const p = this.place();
    if (!p) return;
    this.cross = [(px - p.left) / p.scale + p.box[0], p.box[3] - (py - p.top) / p.scale];
    this.draw();
  }

  private step(event: KeyboardEvent): void {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    const p = this.place();
    if (!move || !p) return;
    event.preventDefault();
    const by = ((event.shiftKey ? 5 : 1) * (p.box[2] - p.box[0])) / 60;
    const [x, y] = this.cross ?? [(p.box[0] + p.box[2]) / 2, (p.box[1] + p.box[3]) / 2];
    this.cross = [
      Math.min(Math.max(x + (move[0] ?? 0) * by, p.box[0]), p.box[2]),
      Math.min(Math.max(y + (move[1] ?? 0) * by, p.box[1]), p.box[3]),
    ];
    this.draw();
  }

  private tell(): void {
    const found = this.values();
    if (!found || !this.cross) {
      this.reading.textContent = "";
      return;
    }
    const { shown, x, y, data } = found;
    const i = Math.round((this.cross[0] - (x[0] ?? 0)) / ((x[1] ?? 1) - (x[0] ?? 0)));
    const j = Math.round((this.cross[1] - (y[0] ?? 0)) / ((y[1] ?? 1) - (y[0] ?? 0)));
    const v = i >= 0 && j >= 0 && i < x.length && j < y.length ? data[j * x.length + i] : undefined;
    const value = v === undefined || Number.isNaN(v) ? "outside the region" : `${said(v)} ${shown.unit}`;
    this.reading.textContent = `x ${said(this.cross[0])} mm, y ${said(this.cross[1])} mm: ${value}`;
    this.setAttribute("reading", value);
  }
}

customElements.define("colonnade-heatmap", ColonnadeHeatmap);
