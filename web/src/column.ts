// One column in cross-section, following the settings by simulation; and, on request, its film: temperature and damage.

import {
  colour,
  type Data,
  drawn,
  embedded,
  fitted,
  h,
  hatched,
  mark,
  Newest,
  niceStep,
  onWidth,
  type Packed,
  type Palette,
  said,
  unpack,
} from "./core";
import { Film } from "./film";

export interface Profile {
  depth_um: number[];
  crater_um: number[];
  coagulated_um: number[];
  necrosis_um: number[];
  heated_um: number[];
}
export interface Layer {
  name: string;
  top_um: number;
  bottom_um: number;
}
export interface ColumnAnswer {
  inputs_sha256: string;
  seconds: number;
  regime: string;
  numbers: { name: string; label: string; value: number | null; text: string; unit: string }[];
  validity: { status: string; reasons: string[] };
  assumptions: string[];
  profile: Profile;
  layers: Layer[];
  spot_um: number;
  closure: string;
}
interface Ends {
  [end: string]: { eta: number; crater_depth_um: number; depth_um: number[]; crater_um: number[] };
}
interface FilmHeader {
  inputs_sha256: string;
  time_ms: number[];
  delivery_end_ms: number;
  r_um: number[];
  z_um: number[];
  zones: string[];
  layers: Layer[];
}
type Mode = "outline" | "zones" | "temperature" | "damage";

const NESTED = ["heated", "necrosis", "coagulated", "crater"] as const;
const ZONE_KEYS = ["spared", "heated", "necrosis", "coagulated", "crater", "char"] as const;
/** Temperature runs from skin to boiling water and a little beyond; damage over four powers of ten either way. */
const RANGES: Record<"temperature" | "damage", [number, number]> = { temperature: [30, 110], damage: [-4, 4] };
/** From how far above the untouched skin a colour appears, and over which span. */
const FADE: Record<"temperature" | "damage", [number, number]> = { temperature: [0.5, 6], damage: [0.05, 1] };
const MARKS: Record<"temperature" | "damage", [number, string][]> = {
  temperature: [
    [43, "43 °C"],
    [60, "60 °C"],
    [100, "100 °C"],
  ],
  damage: [[0, "Ω = 1"]],
};

export class ColonnadeColumn extends HTMLElement {
  private canvas = h("canvas", { class: "figure-canvas", role: "img", "aria-label": "No column yet" });
  private player = new Film(this, () => this.draw(), 140);
  private readings = h("p", { class: "figure-reading", "aria-live": "off" });
  private questions = new Newest();
  private endQuestions = new Newest();
  private filmQuestions = new Newest();
  private palette: Palette | null = null;
  private answer: ColumnAnswer | null = null;
  private ends: Ends | null = null;
  private film: Packed<FilmHeader> | null = null;
  private payload: Data | null = null;
  private mode: Mode = "outline";
  /** Depth shown [µm]: it follows the lesion in steps, so that a slider does not make the picture breathe. */
  private depth = 0;

  connectedCallback(): void {
    if (this.contains(this.canvas)) return;
    this.palette = embedded<Palette>(document.documentElement, "palette");
    const name = `mode-${Math.random().toString(36).slice(2)}`;
    const choices: [Mode, string][] = [
      ["outline", "Lesion"],
      ["zones", "Growth"],
      ["temperature", "Temperature"],
      ["damage", "Damage"],
    ];
    const radios = choices.map(([mode, words]) =>
      h(
        "label",
        {},
        h("input", { type: "radio", name, value: mode, checked: mode === "outline", onchange: () => this.show(mode) }),
        words,
      ),
    );
    this.append(
      h("fieldset", { class: "segmented" }, h("legend", { class: "visually-hidden" }, "What is drawn"), ...radios),
      this.canvas,
      this.player.element,
      this.readings,
      h("p", { class: "island-note", role: "status", hidden: true }),
    );
    this.canvas.addEventListener("pointermove", (event) => this.read(event));
    this.canvas.addEventListener("pointerleave", () => this.readings.replaceChildren());
    onWidth(this, () => this.draw());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    mark(this, "empty");
  }

  disconnectedCallback(): void {
    this.player.stop();
    this.questions.drop();
  }

  /** Grey until the answer to the newest settings is here. */
  stale(): void {
    if (this.answer) mark(this, "stale");
  }

  /** Simulates `payload` (device, site, settings) and draws it. `null` if newer settings came meanwhile. */
  async follow(payload: Data): Promise<ColumnAnswer | null> {
    this.payload = payload;
    this.filmQuestions.drop();
    this.endQuestions.drop();
    mark(this, "working");
    try {
      const answer = await this.questions.ask(this.url("column"), payload);
      if (!answer) return null;
      this.answer = (await answer.json()) as ColumnAnswer;
    } catch (error) {
      mark(this, "failed", error instanceof Error ? error.message : "Failed");
      throw error;
    }
    this.ends = null;
    this.film = null;
    this.setAttribute("inputs", this.answer.inputs_sha256);
    this.setAttribute("seconds", String(this.answer.seconds));
    mark(this, "fresh");
    this.draw();
    this.dispatchEvent(new CustomEvent("column-drawn", { bubbles: true, detail: this.answer }));
    if (this.mode !== "outline") void this.fetchFilm();
    return this.answer;
  }

  /** Adds the crater at both ends of the crater losses. */
  async addEnds(): Promise<void> {
    if (!this.payload) return;
    const answer = await this.endQuestions.ask(this.url("ends"), this.payload);
    if (!answer) return;
    this.ends = (await answer.json()) as Ends;
    this.draw();
    this.dispatchEvent(new CustomEvent("ends-drawn", { bubbles: true, detail: this.ends }));
  }

  private url(kind: string): string {
    return `${this.getAttribute("src") ?? "/live"}/${kind}`;
  }

  private show(mode: Mode): void {
    this.mode = mode;
    this.setAttribute("mode", mode);
    this.player.stop();
    this.player.element.hidden = mode === "outline" || !this.film;
    if (mode !== "outline" && !this.film) void this.fetchFilm();
    else this.draw();
  }

  private async fetchFilm(): Promise<void> {
    if (!this.payload || this.getAttribute("state") !== "fresh") return;
    mark(this, "working", "Simulating the film …");
    try {
      const answer = await this.filmQuestions.ask(this.url("movie"), this.payload);
      if (!answer) return;
      this.film = unpack<FilmHeader>(await answer.arrayBuffer());
    } catch (error) {
      mark(this, "failed", error instanceof Error ? error.message : "Failed");
      return;
    }
    const count = this.film.header.time_ms.length;
    this.player.load(count);
    this.player.element.hidden = this.mode === "outline";
    mark(this, "fresh");
    this.setAttribute("frames", String(count));
    this.draw();
  }

  // --- drawing ----------------------------------------------------------------------------------------------------
  private frame(): {
    width: number;
    height: number;
    left: number;
    top: number;
    scale: number;
    middle: number;
    right: number;
    down: number;
  } {
    const width = Math.max(280, this.clientWidth);
    const height = Math.round(Math.min(Math.max(300, width * 0.82), 460));
    const left = 52;
    const top = 26;
    const down = height - top - 34;
    const wanted = Math.max(200, 1.25 * this.deepest());
    const step = niceStep(wanted, 4);
    const whole = Math.ceil(wanted / step) * step;
    if (whole > this.depth || whole < 0.75 * this.depth) this.depth = whole;
    const right = width - (width > 460 ? 158 : 12);
    return { width, height, left, top, scale: down / this.depth, middle: (left + right) / 2, right, down };
  }

  private deepest(): number {
    const p = this.answer?.profile;
    if (!p) return 0;
    // a film is a close-up: its own points end a little below what it changes
    if (this.mode !== "outline" && this.film) return 0.8 * (this.film.header.z_um.at(-1) ?? 0);
    let deepest = 0;
    for (let i = 0; i < p.depth_um.length; i++) if ((p.heated_um[i] ?? 0) > 0) deepest = p.depth_um[i] ?? deepest;
    // the deep end of the crater losses has its place as well
    for (const end of Object.values(this.ends ?? {})) deepest = Math.max(deepest, end.crater_depth_um);
    return deepest;
  }

  private draw(): void {
    const answer = this.answer;
    const palette = this.palette;
    if (!answer || !palette || !this.isConnected) return;
    const f = this.frame();
    this.canvas.style.width = `${f.width}px`;
    this.canvas.style.height = `${f.height}px`;
    const pen = fitted(this.canvas, f.width, f.height);
    if (!pen) return;
    const ratio = Math.max(1, window.devicePixelRatio || 1);
    pen.save();
    pen.beginPath();
    pen.rect(f.left, f.top, f.right - f.left, f.down);
    pen.clip();
    this.drawSkin(pen, f, palette);
    const film = this.film;
    if (this.mode === "outline" || !film) this.drawOutline(pen, f, palette, ratio);
    else this.drawPicture(pen, f, palette, film);
    pen.restore();
    this.drawFrame(pen, f, palette);
    this.describe(answer);
    drawn(this);
  }

  private drawSkin(pen: CanvasRenderingContext2D, f: ReturnType<ColonnadeColumn["frame"]>, palette: Palette): void {
    const layers = this.answer?.layers ?? [];
    layers.forEach((layer, i) => {
      pen.fillStyle = palette.skin[Math.min(i, palette.skin.length - 1)] ?? "#fff";
      const top = f.top + layer.top_um * f.scale;
      pen.fillRect(f.left, top, f.right - f.left, (layer.bottom_um - layer.top_um) * f.scale + 1);
      pen.fillStyle = palette.zones.spared.edge;
      pen.fillRect(f.left, top, f.right - f.left, 0.7);
    });
  }

  private drawOutline(
    pen: CanvasRenderingContext2D,
    f: ReturnType<ColonnadeColumn["frame"]>,
    palette: Palette,
    ratio: number,
  ): void {
    const profile = this.answer?.profile;
    if (!profile) return;
    for (const key of NESTED) {
      const style = palette.zones[key];
      const path = outline(profile.depth_um, profile[`${key}_um` as keyof Profile], f);
      if (!path) continue;
      pen.save();
      pen.scale(1 / ratio, 1 / ratio);
      const pattern = hatched(pen, style, ratio);
      pen.restore();
      pen.fillStyle = pattern;
      if (pattern instanceof CanvasPattern) pattern.setTransform(new DOMMatrix().scale(1 / ratio));
      pen.fill(path);
      pen.strokeStyle = style.edge;
      pen.lineWidth = key === "crater" ? 1.6 : 0.8;
      pen.stroke(path);
    }
    pen.setLineDash([5, 4]);
    pen.strokeStyle = palette.ink;
    pen.lineWidth = 1.1;
    for (const end of Object.values(this.ends ?? {})) {
      const path = outline(end.depth_um, end.crater_um, f);
      if (path) pen.stroke(path);
    }
    pen.setLineDash([]);
  }

  private drawPicture(
    pen: CanvasRenderingContext2D,
    f: ReturnType<ColonnadeColumn["frame"]>,
    palette: Palette,
    film: Packed<FilmHeader>,
  ): void {
    const k = this.player.at;
    const { header, arrays } = film;
    const shape = arrays.zone?.shape ?? [0, 0, 0];
    const [, nz = 0, nr = 0] = shape;
    const at = k * nz * nr;
    const zone = arrays.zone?.data.subarray(at, at + nz * nr);
    const mode = this.mode;
    const values =
      mode === "zones"
        ? null
        : (mode === "temperature" ? arrays.temperature_C : arrays.log10_omega_cell)?.data.subarray(at, at + nz * nr);
    if (!zone || (mode !== "zones" && !values)) return;
    const shown = mode === "damage" ? "damage" : "temperature";
    const image = new ImageData(2 * nr, nz);
    const flat = ZONE_KEYS.map((key) => rgb(palette.zones[key].fill));
    const [low, high] = mode === "temperature" || mode === "damage" ? RANGES[mode] : [0, 1];
    // the skin before the shot: the point farthest out and deepest in the first picture
    const cold = mode === "temperature" ? (arrays.temperature_C?.data[nz * nr - 1] ?? low) : low;
    for (let z = 0; z < nz; z++) {
      for (let r = 0; r < nr; r++) {
        const i = z * nr + r;
        const what = zone[i] ?? 0;
        let c: [number, number, number] | undefined;
        let alpha = 255;
        if (what === 4) c = flat[4];
        else if (!values) c = what === 0 ? undefined : flat[what];
        else {
          const v = values[i] ?? low;
          c = colour((v - low) / (high - low));
          // what is as it was before shows the skin; the colour comes in over a few kelvin or one power of ten
          alpha = Math.round(255 * Math.min(Math.max((v - (cold + FADE[shown][0])) / FADE[shown][1], 0), 1));
        }
        if (!c) continue;
        for (const x of [nr + r, nr - 1 - r]) {
          const o = 4 * (z * 2 * nr + x);
          image.data[o] = c[0];
          image.data[o + 1] = c[1];
          image.data[o + 2] = c[2];
          image.data[o + 3] = alpha;
        }
      }
    }
    const sheet = document.createElement("canvas");
    sheet.width = 2 * nr;
    sheet.height = nz;
    sheet.getContext("2d")?.putImageData(image, 0, 0);
    const dr = (header.r_um[1] ?? 1) - (header.r_um[0] ?? 0);
    const dz = (header.z_um[1] ?? 1) - (header.z_um[0] ?? 0);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(sheet, f.middle - nr * dr * f.scale, f.top, 2 * nr * dr * f.scale, nz * dz * f.scale);
    if (values && mode !== "outline" && mode !== "zones") {
      for (const [level] of MARKS[mode]) this.contour(pen, f, values, nr, nz, dr, dz, level);
    }
    const time = header.time_ms[k] ?? 0;
    const on = time <= header.delivery_end_ms + 1e-9;
    this.player.say(`${said(time)} ms, ${on ? "beam on" : "cooling"}`);
    this.setAttribute("time-ms", String(time));
  }

  /** Steps between cells that lie on either side of a level, as a dark line with a light edge. */
  private contour(
    pen: CanvasRenderingContext2D,
    f: ReturnType<ColonnadeColumn["frame"]>,
    values: ArrayLike<number>,
    nr: number,
    nz: number,
    dr: number,
    dz: number,
    level: number,
  ): void {
    const path = new Path2D();
    const above = (r: number, z: number) => (values[z * nr + Math.min(r, nr - 1)] ?? Number.NaN) >= level;
    const known = (r: number, z: number) => !Number.isNaN(values[z * nr + Math.min(r, nr - 1)] ?? Number.NaN);
    for (let z = 0; z < nz - 1; z++) {
      for (let r = 0; r < nr - 1; r++) {
        if (!known(r, z)) continue;
        for (const side of [-1, 1]) {
          const x = (cell: number) => f.middle + side * cell * dr * f.scale;
          if (known(r + 1, z) && above(r, z) !== above(r + 1, z)) {
            path.moveTo(x(r + 1), f.top + z * dz * f.scale);
            path.lineTo(x(r + 1), f.top + (z + 1) * dz * f.scale);
          }
          if (known(r, z + 1) && above(r, z) !== above(r, z + 1)) {
            path.moveTo(x(r), f.top + (z + 1) * dz * f.scale);
            path.lineTo(x(r + 1), f.top + (z + 1) * dz * f.scale);
          }
        }
      }
    }
    pen.strokeStyle = "#ffffff";
    pen.lineWidth = 2.2;
    pen.stroke(path);
    pen.strokeStyle = "#000000";
    pen.lineWidth = 0.9;
    pen.stroke(path);
  }

  private drawFrame(pen: CanvasRenderingContext2D, f: ReturnType<ColonnadeColumn["frame"]>, palette: Palette): void {
    const text = getComputedStyle(this).color;
    pen.font = `12px ${getComputedStyle(this).fontFamily}`;
    pen.strokeStyle = text;
    pen.fillStyle = text;
    pen.lineWidth = 1;
    pen.strokeRect(f.left + 0.5, f.top + 0.5, f.right - f.left - 1, f.down - 1);
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    const step = niceStep(this.depth, 5);
    for (let z = 0; z <= this.depth * 0.999; z += step) {
      const y = f.top + z * f.scale;
      pen.fillRect(f.left - 4, y, 4, 1);
      pen.fillText(said(z), f.left - 7, y);
    }
    pen.textAlign = "left";
    pen.fillText("Depth [µm]", 4, 11);
    // names of the layers on the skin, where there is room
    pen.fillStyle = palette.ink;
    for (const layer of this.answer?.layers ?? []) {
      const top = Math.max(f.top, f.top + layer.top_um * f.scale);
      const bottom = Math.min(f.top + f.down, f.top + layer.bottom_um * f.scale);
      if (bottom - top > 16) pen.fillText(layer.name, f.left + 7, Math.min((top + bottom) / 2, top + 14), 110);
    }
    const bar = niceStep((f.right - f.left) / f.scale / 3, 1);
    const x0 = f.right - 10 - bar * f.scale;
    const y0 = f.top + f.down - 10;
    pen.fillRect(x0, y0 - 2, bar * f.scale, 3);
    pen.textAlign = "center";
    pen.fillText(`${said(bar)} µm`, x0 + (bar * f.scale) / 2, y0 - 11);
    pen.fillStyle = text;
    pen.textAlign = "left";
    pen.fillText(`inputs ${this.answer?.inputs_sha256.slice(0, 10) ?? ""}`, f.left, f.top + f.down + 20);
    if (f.width > 460) this.drawLegend(pen, f, palette, text);
  }

  private drawLegend(
    pen: CanvasRenderingContext2D,
    f: ReturnType<ColonnadeColumn["frame"]>,
    palette: Palette,
    text: string,
  ): void {
    const ratio = Math.max(1, window.devicePixelRatio || 1);
    let y = f.top + 8;
    const x = f.right + 14;
    if (this.mode === "temperature" || this.mode === "damage") {
      const [low, high] = RANGES[this.mode];
      const tall = Math.min(180, f.down - 40);
      for (let i = 0; i < tall; i++) {
        const [r, g, b] = colour(1 - i / tall);
        pen.fillStyle = `rgb(${r} ${g} ${b})`;
        pen.fillRect(x, y + 18 + i, 16, 1.5);
      }
      pen.fillStyle = text;
      pen.fillText(this.mode === "temperature" ? "Temperature" : "log₁₀ Ω of cells", x, y);
      const place = (v: number) => y + 18 + tall * (1 - (v - low) / (high - low));
      for (const [level, words] of [...MARKS[this.mode], [low, `${low}`.replace("-", "−")], [high, `${high}`]] as [
        number,
        string,
      ][]) {
        pen.fillRect(x + 16, place(level), 5, 1);
        pen.fillText(words, x + 25, place(level));
      }
      return;
    }
    for (const key of ["crater", "coagulated", "necrosis", "heated"] as const) {
      const style = palette.zones[key];
      const pattern = hatched(pen, style, ratio);
      if (pattern instanceof CanvasPattern) pattern.setTransform(new DOMMatrix().scale(1 / ratio));
      pen.fillStyle = this.mode === "zones" ? style.fill : pattern;
      pen.fillRect(x, y - 7, 18, 14);
      pen.strokeStyle = key === "crater" ? text : style.edge;
      pen.strokeRect(x, y - 7, 18, 14);
      pen.fillStyle = text;
      pen.fillText(key === "heated" ? "Heated (43 °C)" : style.label, x + 25, y, f.width - x - 27);
      y += 24;
    }
    if (this.mode === "outline" && this.ends) {
      pen.strokeStyle = text;
      pen.setLineDash([5, 4]);
      pen.beginPath();
      pen.moveTo(x, y);
      pen.lineTo(x + 18, y);
      pen.stroke();
      pen.setLineDash([]);
      pen.fillText("Crater, both ends", x + 25, y, f.width - x - 27);
      pen.fillText("of the losses", x + 25, y + 15, f.width - x - 27);
    }
  }

  private describe(answer: ColumnAnswer): void {
    const spoken = answer.numbers
      .filter((n) => ["crater_depth_um", "rim_side_um", "necrosis_depth_um"].includes(n.name))
      .map((n) => `${n.label.toLowerCase()} ${n.text} ${n.value === null ? "" : n.unit}`);
    this.canvas.setAttribute("aria-label", `Cross-section of one column: ${spoken.join(", ")}.`);
    this.setAttribute("crater-depth-um", String(answer.numbers.find((n) => n.name === "crater_depth_um")?.value ?? ""));
  }

  /** Depth, distance and, in a film, the value under the pointer. */
  private read(event: PointerEvent): void {
    if (!this.answer) return;
    const f = this.frame();
    const z = (event.offsetY - f.top) / f.scale;
    const r = Math.abs(event.offsetX - f.middle) / f.scale;
    if (z < 0 || z > this.depth || event.offsetX < f.left || event.offsetX > f.right) {
      this.readings.replaceChildren();
      return;
    }
    let words = `depth ${said(z)} µm, ${said(r)} µm from the axis`;
    if (this.film && (this.mode === "temperature" || this.mode === "damage")) {
      const { header, arrays } = this.film;
      const array = this.mode === "temperature" ? arrays.temperature_C : arrays.log10_omega_cell;
      const [, nz = 0, nr = 0] = array?.shape ?? [];
      const i = Math.floor(r / ((header.r_um[1] ?? 1) - (header.r_um[0] ?? 0)));
      const j = Math.floor(z / ((header.z_um[1] ?? 1) - (header.z_um[0] ?? 0)));
      const value = i < nr && j < nz ? array?.data[(this.player.at * nz + j) * nr + i] : undefined;
      if (value !== undefined) {
        const shown = this.mode === "temperature" ? `${said(value)} °C` : `log₁₀ Ω ${said(value)}`;
        words += Number.isNaN(value) ? ": removed" : `: ${shown}`;
      }
    }
    this.readings.textContent = words;
  }
}

function rgb(hex: string): [number, number, number] {
  return [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16)) as [number, number, number];
}

/** Outline of a zone, both sides of the axis, from radius by depth; null where the zone is empty. */
function outline(depth: number[], radius: number[], f: { middle: number; top: number; scale: number }): Path2D | null {
  let last = -1;
  for (let i = 0; i < radius.length; i++) if ((radius[i] ?? 0) > 0) last = i;
  if (last < 0) return null;
  const path = new Path2D();
  const x = (i: number, side: number) => f.middle + side * (radius[i] ?? 0) * f.scale;
  const y = (i: number) => f.top + (depth[i] ?? 0) * f.scale;
  path.moveTo(x(0, -1), f.top);
  for (let i = 0; i <= last; i++) path.lineTo(x(i, -1), y(i));
  // the zone ends between its last point and the next: half a cell
  const end = f.top + (((depth[last] ?? 0) + (depth[last + 1] ?? depth[last] ?? 0)) / 2) * f.scale;
  path.lineTo(f.middle, end);
  for (let i = last; i >= 0; i--) path.lineTo(x(i, 1), y(i));
  path.lineTo(x(0, 1), f.top);
  path.closePath();
  return path;
}

customElements.define("colonnade-column", ColonnadeColumn);
