// One column in cross-section, following the settings by simulation; and, on request, its film: temperature and damage.

import {
  drawFilm,
  drawFrame,
  drawOutline,
  drawSkin,
  type Ends,
  type FilmHeader,
  type Frame,
  type Layer,
  type Mode,
  type Profile,
  type View,
} from "./columnpicture";
import {
  type Data,
  drawn,
  embedded,
  fitted,
  h,
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
  private frame(): Frame {
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
    const { depth } = this;
    return { width, height, left, top, right, down, middle: (left + right) / 2, depth, scale: down / depth };
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
    const style = getComputedStyle(this);
    pen.font = `12px ${style.fontFamily}`;
    const view: View = {
      pen,
      f,
      palette,
      mode: this.mode,
      layers: answer.layers,
      profile: answer.profile,
      inputs: answer.inputs_sha256.slice(0, 10),
      ends: this.ends,
      at: this.player.at,
      text: style.color,
    };
    pen.save();
    pen.beginPath();
    pen.rect(f.left, f.top, f.right - f.left, f.down);
    pen.clip();
    drawSkin(view);
    const film = this.film;
    if (this.mode === "outline" || !film) drawOutline(view);
    else drawFilm(view, film);
    pen.restore();
    drawFrame(view);
    if (this.mode !== "outline" && film) this.tellTime(film.header);
    this.describe(answer);
    drawn(this);
  }

  private tellTime(header: FilmHeader): void {
    const time = header.time_ms[this.player.at] ?? 0;
    const on = time <= header.delivery_end_ms + 1e-9;
    this.player.say(`${said(time)} ms, ${on ? "beam on" : "cooling"}`);
    this.setAttribute("time-ms", String(time));
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

customElements.define("colonnade-column", ColonnadeColumn);
