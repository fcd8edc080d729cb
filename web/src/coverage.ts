// Shares of the skin by depth: ablated, coagulated, heated, spared. Depth points down, shares are stacked from the left.

import { type Data, drawn, embedded, fitted, h, hatched, mark, Newest, niceStep, onWidth, type Palette, said } from "./core";

interface CoverageAnswer {
  pitch_um: number;
  pattern: string;
  depth_um: number[];
  ablated_pct: number[];
  coagulated_pct: number[];
  heated_pct: number[];
  spared_pct: number[];
  two_way_difference_pct: number;
}
const STACK = ["ablated", "coagulated", "heated"] as const;
const STYLE = { ablated: "crater", coagulated: "coagulated", heated: "heated" } as const;

export class ColonnadeCoverage extends HTMLElement {
  private canvas = h("canvas", { class: "figure-canvas", role: "img", "aria-label": "No coverage yet" });
  private table = h("table", { class: "compact-table" });
  private questions = new Newest();
  private answer: CoverageAnswer | null = null;
  private palette: Palette | null = null;

  connectedCallback(): void {
    if (this.contains(this.canvas)) return;
    this.palette = embedded<Palette>(document.documentElement, "palette");
    this.append(
      this.canvas,
      h("div", { class: "scroll" }, this.table),
      h("p", { class: "island-note", role: "status", hidden: true }),
    );
    onWidth(this, () => this.draw());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    mark(this, "empty");
  }

  /** Grey until the answer to the newest settings is here. */
  stale(): void {
    this.questions.drop();
    if (this.answer) mark(this, "stale");
  }

  /** Computes and draws the coverage of `payload`; true when it is drawn. */
  async follow(payload: Data): Promise<boolean> {
    mark(this, "working");
    try {
      const answer = await this.questions.ask(`${this.getAttribute("src") ?? "/live"}/coverage`, payload);
      if (!answer) return false;
      this.answer = (await answer.json()) as CoverageAnswer;
    } catch (error) {
      mark(this, "failed", error instanceof Error ? error.message : "Failed");
      return false;
    }
    mark(this, "fresh");
    this.draw();
    this.dispatchEvent(new CustomEvent("coverage-drawn", { bubbles: true }));
    return true;
  }

  private draw(): void {
    const { answer, palette } = this;
    if (!answer || !palette) return;
    const width = Math.max(220, this.clientWidth);
    const height = 300;
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    const pen = fitted(this.canvas, width, height);
    if (!pen) return;
    const ratio = Math.max(1, window.devicePixelRatio || 1);
    const left = 52;
    const top = 26;
    const right = width - 12;
    const down = height - top - 38;
    let last = 0;
    let most = 0;
    answer.depth_um.forEach((_, i) => {
      const sum = 100 - (answer.spared_pct[i] ?? 100);
      if (sum > 0.05) last = i;
      most = Math.max(most, sum);
    });
    const wanted = Math.max(200, 1.15 * (answer.depth_um[last] ?? 0));
    const step = niceStep(wanted, 4);
    const depth = Math.ceil(wanted / step) * step;
    // the axis ends at a round share above the largest: few percent would be a line on an axis to 100
    const share = [5, 10, 15, 20, 25, 30, 40, 50, 60, 80, 100].find((s) => s >= 1.05 * most) ?? 100;
    const x = (pct: number) => left + ((right - left) * Math.min(pct, share)) / share;
    const y = (um: number) => top + (down * um) / depth;
    const text = getComputedStyle(this).color;
    pen.save();
    pen.beginPath();
    pen.rect(left, top, right - left, down);
    pen.clip();
    pen.fillStyle = palette.zones.spared.fill;
    pen.fillRect(left, top, right - left, down);
    const upto = answer.depth_um.map((_, i) =>
      STACK.map((_, k) => STACK.slice(0, k + 1).reduce((a, n) => a + (answer[`${n}_pct`][i] ?? 0), 0)),
    );
    for (let k = STACK.length - 1; k >= 0; k--) {
      const name = STACK[k] as (typeof STACK)[number];
      const style = palette.zones[STYLE[name]];
      const path = new Path2D();
      path.moveTo(left, top);
      path.lineTo(x(upto[0]?.[k] ?? 0), top);
      for (const [i, um] of answer.depth_um.entries()) path.lineTo(x(upto[i]?.[k] ?? 0), y(um));
      path.lineTo(left, y(answer.depth_um.at(-1) ?? 0));
      path.closePath();
      const pattern = hatched(pen, style, ratio);
      if (pattern instanceof CanvasPattern) pattern.setTransform(new DOMMatrix().scale(1 / ratio));
      pen.fillStyle = pattern;
      pen.fill(path);
      pen.strokeStyle = style.edge;
      pen.lineWidth = 1;
      pen.stroke(path);
    }
    pen.restore();
    pen.font = `12px ${getComputedStyle(this).fontFamily}`;
    pen.strokeStyle = text;
    pen.fillStyle = text;
    pen.strokeRect(left + 0.5, top + 0.5, right - left - 1, down - 1);
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    for (let z = 0; z <= depth * 0.999; z += niceStep(depth, 4)) {
      pen.fillRect(left - 4, y(z), 4, 1);
      pen.fillText(said(z), left - 7, y(z));
    }
    pen.textAlign = "center";
    for (let s = 0; s <= share * 1.0001; s += niceStep(share, 5)) {
      pen.fillRect(x(s), top + down, 1, 4);
      pen.fillText(said(s), Math.min(x(s), right - 8), top + down + 13);
    }
    pen.textAlign = "left";
    pen.fillText("Depth [µm]", 4, 11);
    pen.textAlign = "right";
    pen.fillText("Share of the skin [%]", right, top + down + 30);
    pen.textAlign = "left";
    pen.fillStyle = palette.ink;
    pen.strokeStyle = palette.ink;
    const names = { ablated: "Ablated", coagulated: "Coagulated", heated: "Heated (43 °C)", spared: "Spared" };
    ([...STACK, "spared"] as const).forEach((name, k) => {
      const style = palette.zones[name === "spared" ? "spared" : STYLE[name]];
      const pattern = hatched(pen, style, ratio);
      if (pattern instanceof CanvasPattern) pattern.setTransform(new DOMMatrix().scale(1 / ratio));
      const at = top + down - 86 + 21 * k;
      pen.fillStyle = pattern;
      pen.fillRect(right - 128, at - 7, 18, 14);
      pen.strokeStyle = style.edge;
      pen.strokeRect(right - 128, at - 7, 18, 14);
      pen.fillStyle = palette.ink;
      pen.fillText(names[name], right - 104, at);
    });
    this.list(answer);
    drawn(this);
  }

  /** The same as a table, at depths that are read aloud and printed. */
  private list(answer: CoverageAnswer): void {
    const rows: [string, number][] = [];
    for (const um of [0, 100, 200, 400, 800, 1600]) {
      const i = answer.depth_um.findIndex((d) => d >= um);
      if (i >= 0 && (um === 0 || (answer.spared_pct[i] ?? 100) < 99.95))
        rows.push([um === 0 ? "surface" : `${um} µm`, i]);
    }
    const head = h(
      "tr",
      {},
      ...["Depth", "Ablated", "Coagulated", "Heated", "Spared"].map((t) => h("th", { scope: "col" }, t)),
    );
    const body = rows.map(([name, i]) =>
      h(
        "tr",
        {},
        h("th", { scope: "row" }, name),
        ...(["ablated", "coagulated", "heated", "spared"] as const).map((n) =>
          h("td", {}, `${(answer[`${n}_pct`][i] ?? 0).toFixed(1)} %`),
        ),
      ),
    );
    this.table.replaceChildren(
      h("caption", { class: "visually-hidden" }, "Shares of the skin by depth"),
      h("thead", {}, head),
      h("tbody", {}, ...body),
    );
    const first = rows[0]?.[1] ?? 0;
    this.setAttribute("ablated-surface-pct", String(answer.ablated_pct[first] ?? ""));
    this.canvas.setAttribute(
      "aria-label",
      `Shares of the skin by depth; at the surface ${(answer.ablated_pct[first] ?? 0).toFixed(1)} % ablated, ${(answer.spared_pct[first] ?? 0).toFixed(1)} % spared.`,
    );
  }
}

customElements.define("colonnade-coverage", ColonnadeCoverage);
