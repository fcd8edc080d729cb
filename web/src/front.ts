// What a plan was chosen from: settings that no other beats in everything, with the chosen one marked.

import { embedded, fitted, h, niceStep, said } from "./core";

export interface FrontPoint {
  panel: Record<string, number | string>;
  values: Record<string, number>;
  chosen: boolean;
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
    new ResizeObserver(() => this.draw()).observe(this);
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
              h("tr", {}, h("th", { scope: "row" }, `${panel(p)}${p.chosen ? " (chosen)" : ""}`), ...cells(p)),
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
    for (const point of data.points) {
      const [px, py] = [x(point.values[this.across.value] ?? Number.NaN), y(point.values[this.up.value] ?? Number.NaN)];
      pen.beginPath();
      if (point.chosen) {
        pen.moveTo(px, py - 8);
        pen.lineTo(px + 8, py);
        pen.lineTo(px, py + 8);
        pen.lineTo(px - 8, py);
        pen.closePath();
        pen.fillStyle = "#d55e00";
      } else {
        pen.arc(px, py, 4.5, 0, 2 * Math.PI);
        pen.fillStyle = "#0072b2";
      }
      pen.fill();
      pen.strokeStyle = text;
      pen.stroke();
      if (point.chosen) {
        pen.fillStyle = text;
        pen.textAlign = px > (left + right) / 2 ? "right" : "left";
        pen.fillText("chosen", px + (pen.textAlign === "right" ? -12 : 12), py);
      }
    }
    this.canvas.setAttribute(
      "aria-label",
      `${data.points.length} settings: ${this.up.selectedOptions[0]?.text} against ${this.across.selectedOptions[0]?.text}; the same numbers stand in the table.`,
    );
  }
}

customElements.define("colonnade-front", ColonnadeFront);
