// What a plan was chosen from: settings that no other beats in everything, with the chosen one marked.

import { drawn, embedded, fitted, h, niceStep, onWidth, said } from "./core";

type Status = "chosen" | "runner-up" | "front" | "allowed" | "refused";
/** Drawn in this order: what matters lies on top. Form and colour both tell them apart. */
const ORDER: Status[] = ["refused", "allowed", "front", "runner-up", "chosen"];
const COLOUR: Record<Status, string> = {
  chosen: "#d55e00",
  "runner-up": "#e69f00",
  front: "#0072b2",
  allowed: "#8a949c",
  refused: "#8a949c",
};

export interface FrontPoint {
  panel: Record<string, number | string>;
  values: Record<string, number>;
  status: Status;
  known: string;
  refused_by: string[];
}
export interface FrontData {
  axes: { name: string; label: string; unit: string }[];
  /** Names and units of the panel's knobs. */
  knobs: Record<string, { label: string; unit: string }>;
  points: FrontPoint[];
}
/** What a status means, in words. */
const MEANS: Record<Status, string> = {
  chosen: "chosen by this plan",
  "runner-up": "runner-up",
  front: "on the front: none beats it in everything",
  allowed: "allowed, but another beats it in everything",
  refused: "refused",
};
const KNOWN: Record<string, string> = {
  field: "simulated with its field",
  columns: "simulated column with its interval",
  middle: "simulated column",
  estimate: "estimated, not simulated",
};
/** A click counts for the nearest point within so many pixels. */
const NEAR_PX = 24;

export class ColonnadeFront extends HTMLElement {
  private canvas = h("canvas", { class: "figure-canvas", role: "img", tabindex: 0 });
  private details = h("div", { class: "front-details", role: "status" });
  private places: { point: FrontPoint; x: number; y: number }[] = [];
  private picked: FrontPoint | null = null;
  private data: FrontData | null = null;
  private across = h("select", { "aria-label": "Horizontal axis", onchange: () => this.draw() });
  private up = h("select", { "aria-label": "Vertical axis", onchange: () => this.draw() });

  connectedCallback(): void {
    this.data = embedded<FrontData>(this, "front");
    if (!this.data || this.contains(this.canvas)) return;
    for (const select of [this.across, this.up])
      for (const axis of this.data.axes)
        select.append(h("option", { value: axis.name }, axis.unit ? `${axis.label} [${axis.unit}]` : axis.label));
    this.up.selectedIndex = Math.min(1, this.data.axes.length - 1);
    this.append(h("div", { class: "figure-bar" }, this.up, " against ", this.across), this.canvas, this.legend(), this.details);
    // the form that puts settings into the draft comes with the page, with its token
    const form = this.querySelector("form");
    if (form) this.append(form);
    this.append(this.table());
    this.canvas.addEventListener("click", (event) => this.nearest(event.offsetX, event.offsetY));
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    onWidth(this, () => this.draw());
    this.pick(this.data.points.find((p) => p.status === "chosen") ?? null);
  }

  // --- choosing a point ---------------------------------------------------------------------------------------------
  /** Shows the settings of a point, and offers them to the draft unless the rules refuse them. */
  private pick(point: FrontPoint | null): void {
    this.picked = point;
    if (!point || !this.data) return;
    const { axes, knobs, points } = this.data;
    const named = Object.entries(point.panel).map(([name, value]) => {
      const knob = knobs[name] ?? { label: name, unit: "" };
      const text = `${typeof value === "number" ? said(value) : value} ${knob.unit}`.trim();
      return h("div", {}, h("dt", {}, knob.label), h("dd", {}, text));
    });
    const values = axes.map((axis) =>
      h(
        "div",
        {},
        h("dt", {}, axis.label),
        h("dd", {}, `${said(point.values[axis.name] ?? Number.NaN)} ${axis.unit}`.trim()),
      ),
    );
    const by = point.refused_by.length > 0 ? ` by ${point.refused_by.join(", ")}` : "";
    this.details.replaceChildren(
      h("p", {}, h("strong", {}, `Setting: ${MEANS[point.status]}${by}`), `; ${KNOWN[point.known] ?? point.known}.`),
      h("dl", { class: "facts" }, ...named),
      h("dl", { class: "facts" }, ...values),
    );
    const form = this.querySelector("form");
    if (form) {
      form.hidden = false;
      (form.elements.namedItem("point") as HTMLInputElement).value = String(points.indexOf(point));
      const button = form.querySelector("button") as HTMLButtonElement;
      button.disabled = point.status === "refused";
    }
    this.setAttribute("picked", String(points.indexOf(point)));
    this.draw();
  }

  private nearest(x: number, y: number): void {
    const near = this.places
      .map((place) => ({ place, away: Math.hypot(place.x - x, place.y - y) }))
      .filter(({ away }) => away <= NEAR_PX)
      .sort((a, b) => a.away - b.away)[0];
    if (near) this.pick(near.place.point);
  }

  /** Left and right go from point to point along the horizontal axis, up and down along the vertical one. */
  private key(event: KeyboardEvent): void {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: 1, ArrowDown: -1, Home: 0, End: 0 }[event.key];
    if (step === undefined || this.places.length === 0) return;
    event.preventDefault();
    const along = ["ArrowUp", "ArrowDown"].includes(event.key) ? this.up.value : this.across.value;
    const order = this.places
      .map(({ point }) => point)
      .filter((point) => point.status !== "refused")
      .sort((a, b) => (a.values[along] ?? 0) - (b.values[along] ?? 0));
    const at = this.picked ? order.indexOf(this.picked) : -1;
    const to = event.key === "Home" ? 0 : event.key === "End" ? order.length - 1 : at + step;
    this.pick(order[Math.min(Math.max(to, 0), order.length - 1)] ?? null);
  }

  /** What the forms and colours mean; the refused are crosses. */
  private legend(): HTMLElement {
    const present = ORDER.filter((status) => this.data?.points.some((p) => p.status === status)).reverse();
    return h(
      "ul",
      { class: "front-legend" },
      ...present.map((status) => {
        const sample = h("canvas", { width: 20, height: 20, "aria-hidden": "true" });
        const pen = sample.getContext("2d");
        if (pen) this.symbol(pen, status, 10, 10, "#76838c");
        return h("li", {}, sample, MEANS[status]);
      }),
    );
  }

  private symbol(pen: CanvasRenderingContext2D, status: Status, x: number, y: number, text: string): void {
    const r = status === "chosen" ? 8 : status === "runner-up" ? 6 : status === "front" ? 4.5 : 3;
    pen.beginPath();
    if (status === "chosen") {
      pen.moveTo(x, y - r);
      pen.lineTo(x + r, y);
      pen.lineTo(x, y + r);
      pen.lineTo(x - r, y);
      pen.closePath();
    } else if (status === "runner-up") pen.rect(x - r, y - r, 2 * r, 2 * r);
    else if (status === "refused") {
      pen.moveTo(x - r, y - r);
      pen.lineTo(x + r, y + r);
      pen.moveTo(x + r, y - r);
      pen.lineTo(x - r, y + r);
    } else pen.arc(x, y, r, 0, 2 * Math.PI);
    pen.fillStyle = COLOUR[status];
    pen.strokeStyle = status === "refused" || status === "allowed" ? COLOUR[status] : text;
    if (status !== "refused" && status !== "allowed") pen.fill();
    pen.lineWidth = 1;
    pen.stroke();
  }

  private table(): HTMLElement {
    const { axes, points } = this.data as FrontData;
    const cells = (p: FrontPoint) => axes.map((a) => h("td", {}, said(p.values[a.name] ?? Number.NaN)));
    const panel = (p: FrontPoint) =>
      Object.entries(p.panel)
        .map(([name, v]) => `${typeof v === "number" ? said(v) : v} ${this.data?.knobs[name]?.unit ?? ""}`.trim())
        .join(", ");
    return h(
      "details",
      {},
      h("summary", {}, `${points.length} settings as a table`),
      h(
        "div",
        { class: "scroll" },
        h(
          "table",
          { class: "dense" },
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              ...["Settings", ...axes.map((a) => (a.unit ? `${a.label} [${a.unit}]` : a.label))].map((t) =>
                h("th", { scope: "col" }, t),
              ),
            ),
          ),
          h(
            "tbody",
            {},
            ...points.map((p) =>
              h(
                "tr",
                {},
                h(
                  "th",
                  { scope: "row" },
                  h("button", { type: "button", class: "plain", onclick: () => this.pick(p) }, panel(p)),
                  ` ${p.status}${p.refused_by.length > 0 ? ` by ${p.refused_by.join(", ")}` : ""}`,
                ),
                ...cells(p),
              ),
            ),
          ),
        ),
      ),
    );
  }

  /** Round what is picked. */
  private ring(pen: CanvasRenderingContext2D, x: number, y: number, text: string): void {
    pen.beginPath();
    pen.arc(x, y, 13, 0, 2 * Math.PI);
    pen.strokeStyle = text;
    pen.lineWidth = 2;
    pen.stroke();
  }

  private draw(): void {
    const data = this.data;
    if (!data) return;
    const width = Math.min(Math.max(280, this.clientWidth), 720);
    const height = 340;
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    const pen = fitted(this.canvas, width, height);
    if (!pen) return;
    const text = getComputedStyle(this).color;
    const span = (name: string): [number, number] => {
      const all = data.points.map((p) => p.values[name] ?? Number.NaN).filter(Number.isFinite);
      const [low, high] = [Math.min(...all), Math.max(...all)];
      const room = 0.08 * (high - low || Math.abs(high) || 1);
      return [low - room, high + room];
    };
    const [xl, xh] = span(this.across.value);
    const [yl, yh] = span(this.up.value);
    const [left, top, right, bottom] = [64, 14, width - 14, height - 44];
    const x = (v: number) => left + ((v - xl) / (xh - xl)) * (right - left);
    const y = (v: number) => bottom - ((v - yl) / (yh - yl)) * (bottom - top);
    pen.font = `12px ${getComputedStyle(this).fontFamily}`;
    pen.strokeStyle = text;
    pen.fillStyle = text;
    pen.strokeRect(left + 0.5, top + 0.5, right - left, bottom - top);
    pen.textBaseline = "middle";
    const ticks = (low: number, high: number) => {
      const step = niceStep(high - low, 5);
      const out: number[] = [];
      for (let v = Math.ceil(low / step) * step; v <= high; v += step) out.push(Number(v.toPrecision(12)));
      return out;
    };
    pen.textAlign = "right";
    for (const v of ticks(yl, yh)) pen.fillText(said(v), left - 7, y(v));
    pen.textAlign = "center";
    for (const v of ticks(xl, xh)) pen.fillText(said(v), x(v), bottom + 13);
    pen.fillText(this.across.selectedOptions[0]?.text ?? "", (left + right) / 2, bottom + 33);
    this.places = [];
    for (const status of ORDER) {
      for (const point of data.points.filter((p) => p.status === status)) {
        const px = x(point.values[this.across.value] ?? Number.NaN);
        const py = y(point.values[this.up.value] ?? Number.NaN);
        if (!Number.isFinite(px) || !Number.isFinite(py)) continue;
        this.places.push({ point, x: px, y: py });
        this.symbol(pen, status, px, py, text);
        if (point === this.picked) this.ring(pen, px, py, text);
        if (status !== "chosen" && status !== "runner-up") continue;
        pen.fillStyle = text;
        const far = px > (left + right) / 2;
        pen.textAlign = far ? "right" : "left";
        pen.fillText(status, px + (far ? -12 : 12), py + (status === "chosen" ? -8 : 8));
      }
    }
    this.canvas.setAttribute(
      "aria-label",
      `${data.points.length} settings: ${this.up.selectedOptions[0]?.text} against ${this.across.selectedOptions[0]?.text}; the same numbers stand in the table. Arrow keys go from one to the next; what is picked is said below.`,
    );
    drawn(this);
  }
}

customElements.define("colonnade-front", ColonnadeFront);
