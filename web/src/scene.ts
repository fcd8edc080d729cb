// A block of skin in three dimensions with its columns, from the field that was computed: the offline view's own scene.

import * as three from "three";
import { embedded, h, type Packed, type Palette } from "./core";
import type { FieldHeader } from "./heatmap";
import type { Data } from "./view3d/data";
import { forget, skinScene } from "./view3d/skin";
import { Stage } from "./view3d/stage";

const VIEWS: Record<string, [number, number, number]> = {
  Slanted: [0.55, 0.6, 1],
  Front: [0, 0, 1],
  Top: [0, 1, 0.001],
};
const ZONES = ["heated", "necrosis", "coagulated", "crater"] as const;
/** The block shows about so many columns: enough to see the pattern, few enough to see each. */
const COLUMNS = 16;

export class ColonnadeScene extends HTMLElement {
  private stage: Stage | null = null;
  private shown: ReturnType<typeof skinScene> | null = null;
  private canvas = h("canvas", { tabindex: 0, role: "img" });
  private holder = h("div", { class: "scene-holder" });

  connectedCallback(): void {
    this.addEventListener("field-ready", (event) => this.show((event as CustomEvent<Packed<FieldHeader>>).detail));
  }

  /** Draws the middle of a field. */
  show(field: Packed<FieldHeader>): void {
    const palette = embedded<Palette>(document.documentElement, "palette");
    if (!palette) return;
    const data = block(field, palette, getComputedStyle(this));
    let scene: ReturnType<typeof skinScene>;
    try {
      scene = skinScene(data);
      if (!this.stage) this.build(data);
      this.stage?.enter(scene);
      if (this.shown) forget(this.shown.root);
      this.shown = scene;
    } catch (error) {
      this.replaceChildren(
        h(
          "p",
          { class: "field-error" },
          `The picture cannot be drawn here: ${error instanceof Error ? error.message : error}. The browser needs WebGL 2.`,
        ),
      );
      this.setAttribute("state", "failed");
      return;
    }
    this.controls(scene, data);
    this.canvas.setAttribute(
      "aria-label",
      `Block of skin, ${(data.skin.side_um / 1000).toFixed(1)} mm wide, with ${data.skin.x_um.length} columns, cut open. Arrow keys turn it, plus and minus zoom, Home goes back.`,
    );
    this.setAttribute("columns", String(data.skin.x_um.length));
    this.setAttribute("state", "fresh");
  }

  private build(data: Data): void {
    const overlay = h("div", { class: "scene-overlay" });
    this.holder.append(this.canvas, overlay);
    this.replaceChildren(
      this.holder,
      h("div", { class: "toolbar scene-tools" }),
      h("p", { class: "island-note", role: "status", hidden: true }),
    );
    this.stage = new Stage(this.canvas, overlay, data.paper);
  }

  private controls(scene: ReturnType<typeof skinScene>, data: Data): void {
    const id = `cut-${Math.random().toString(36).slice(2)}`;
    const draw = () => this.stage?.draw();
    const cut = h("input", {
      type: "range",
      id,
      min: 0,
      max: 100,
      value: 40,
      oninput: () => {
        scene.cut(Number(cut.value) / 100);
        draw();
      },
    });
    const views = Object.entries(VIEWS).map(([name, from]) =>
      h(
        "button",
        { type: "button", class: "quiet", onclick: () => this.stage?.look(new three.Vector3(...from)) },
        name,
      ),
    );
    const boxes = data.skin.zones.map((zone) =>
      h(
        "label",
        { class: "zone-box" },
        h("input", {
          type: "checkbox",
          checked: zone.shown,
          onchange: (event) => {
            scene.show(zone.name, (event.target as HTMLInputElement).checked);
            draw();
          },
        }),
        zone.label,
      ),
    );
    this.querySelector(".scene-tools")?.replaceChildren(h("label", { for: id }, "Cut"), cut, ...views, ...boxes);
    scene.cut(0.4);
    scene.see(0.25);
    draw();
  }
}

/** Lower left corner of the block: the middle of the field, unless much more of it lies elsewhere. */
function fullest(at: ArrayLike<number>, side: number, middle: [number, number]): [number, number] {
  const within = ([x, y]: [number, number]) => {
    let count = 0;
    for (let i = 0; i + 1 < at.length; i += 2)
      if (Math.abs((at[i] ?? 0) - x) < side / 2 && Math.abs((at[i + 1] ?? 0) - y) < side / 2) count += 1;
    return count;
  };
  let best = middle;
  let most = 1.2 * within(middle);
  const every = 2 * Math.max(1, Math.floor(at.length / 2 / 60));
  for (let i = 0; i + 1 < at.length; i += every) {
    const place: [number, number] = [at[i] ?? 0, at[i + 1] ?? 0];
    const count = within(place);
    if (count > most) [best, most] = [place, count];
  }
  return [best[0] - side / 2, best[1] - side / 2];
}

function block(field: Packed<FieldHeader>, palette: Palette, style: CSSStyleDeclaration): Data {
  const { header, arrays } = field;
  const at = arrays.positions_mm?.data ?? new Float32Array();
  const [x0, y0, x1, y1] = header.region_mm;
  const area = Math.abs((x1 - x0) * (y1 - y0));
  const pitch = Math.sqrt(area / Math.max(1, at.length / 2));
  const side = Math.min(pitch * Math.sqrt(COLUMNS), x1 - x0, y1 - y0);
  const [left, low] = fullest(at, side, [(x0 + x1) / 2, (y0 + y1) / 2]);
  const x_um: number[] = [];
  const y_um: number[] = [];
  for (let i = 0; i + 1 < at.length; i += 2) {
    const x = (at[i] ?? 0) - left;
    const y = (at[i + 1] ?? 0) - low;
    if (x > 0 && y > 0 && x < side && y < side) {
      x_um.push(1000 * x);
      y_um.push(1000 * y);
    }
  }
  const { profile } = header;
  let last = 0;
  profile.heated_um.forEach((r, i) => {
    if (r > 0) last = i;
  });
  const n = Math.min(last + 2, profile.depth_um.length);
  const depth = Math.max(300, 1.25 * (profile.depth_um[last] ?? 0));
  const colour = (name: string, usual: string) => style.getPropertyValue(name).trim() || usual;
  return {
    ink: palette.ink,
    muted: "#59636e",
    paper: colour("--scene-paper", "#ffffff"),
    skin: {
      side_um: 1000 * side,
      depth_um: depth,
      layers: header.layers.map((layer, i) => ({
        ...layer,
        fill: palette.skin[Math.min(i, palette.skin.length - 1)] ?? "#f3dfd0",
      })),
      profile_depth_um: [0, ...profile.depth_um.slice(0, n)],
      zones: ZONES.map((name) => {
        const radius = profile[`${name}_um`].slice(0, n);
        return { ...palette.zones[name], name, radius_um: [radius[0] ?? 0, ...radius], shown: true };
      }),
      x_um,
      y_um,
    },
    field: { columns: 0, positions_mm: "", radius_mm: 0, values: [], colours: [], surface: null, lines: [] },
  };
}

customElements.define("colonnade-scene", ColonnadeScene);
