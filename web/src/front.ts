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
  points: FrontPoint[];
}

export class ColonnadeFront extends HTMLElement {
  private canvas = h("canvas", { class: "figure-canvas", role: "img" });
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
    this.append(h("div", { class: "figure-bar" }, this.up, " against ", this.across), this.canvas, this.table());
    onWidth(this, () => this.draw());
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
        .map(([k, v]) => `${k.replaceAll("_", " ")} ${v}`)
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
                  `${panel(p)} (${p.status}${p.refused_by.length > 0 ? ` by ${p.refused_by.join(", ")}` : ""})`,
                ),
                ...cells(p),
              ),
            ),
          ),
        ),
      ),
    );
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
    for (const status of ORDER) {
      for (const point of data.points.filter((p) => p.status === status)) {
        const px = x(point.values[this.across.value] ?? Number.NaN);
        const py = y(point.values[this.up.value] ?? Number.NaN);
        if (Number.isFinite(px) && Number.isFinite(py)) this.symbol(pen, status, px, py, text);
        if (status !== "chosen" && status !== "runner-up") continue;
        pen.fillStyle = text;
        const far = px > (left + right) / 2;
        pen.textAlign = far ? "right" : "left";
        pen.fillText(status, px + (far ? -12 : 12), py + (status === "chosen" ? -8 : 8));
      }
    }
    this.canvas.setAttribute(
      "aria-label",
      `${data.points.length} settings: ${this.up.selectedOptions[0]?.text} against ${this.across.selectedOptions[0]?.text}; the same numbers stand in the table.`,
    );
  }
}

customElements.define("colonnade-front", ColonnadeFront);
