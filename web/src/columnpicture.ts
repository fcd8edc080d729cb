// The picture of one column: skin, lesion or film, axis, scale bar, legend. Only what is drawn; nothing is asked or kept.

import { colour, hatched, niceStep, type Packed, type Palette, said } from "./core";

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
export interface Ends {
  [end: string]: { eta: number; crater_depth_um: number; depth_um: number[]; crater_um: number[] };
}
export interface FilmHeader {
  inputs_sha256: string;
  time_ms: number[];
  delivery_end_ms: number;
  r_um: number[];
  z_um: number[];
  zones: string[];
  layers: Layer[];
}
export type Mode = "outline" | "zones" | "temperature" | "damage";

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

/** Where the picture stands in its canvas [px], how deep it goes [µm] and how many px a µm takes. */
export interface Frame {
  width: number;
  height: number;
  left: number;
  top: number;
  right: number;
  down: number;
  middle: number;
  depth: number;
  scale: number;
}
/** All that a picture is made of. `text` is the colour of the page's words, `at` the picture of the film. */
export interface View {
  pen: CanvasRenderingContext2D;
  f: Frame;
  palette: Palette;
  mode: Mode;
  layers: Layer[];
  profile: Profile;
  inputs: string;
  ends: Ends | null;
  at: number;
  text: string;
}

export function drawSkin({ pen, f, palette, layers }: View): void {
  layers.forEach((layer, i) => {
    pen.fillStyle = palette.skin[Math.min(i, palette.skin.length - 1)] ?? "#fff";
    const top = f.top + layer.top_um * f.scale;
    pen.fillRect(f.left, top, f.right - f.left, (layer.bottom_um - layer.top_um) * f.scale + 1);
    pen.fillStyle = palette.zones.spared.edge;
    pen.fillRect(f.left, top, f.right - f.left, 0.7);
  });
}

export function drawOutline({ pen, f, palette, profile, ends }: View): void {
  const ratio = Math.max(1, window.devicePixelRatio || 1);
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
  for (const end of Object.values(ends ?? {})) {
    const path = outline(end.depth_um, end.crater_um, f);
    if (path) pen.stroke(path);
  }
  pen.setLineDash([]);
}

/** One picture of the film: the zones as they grow, or temperature or damage as colours. */
export function drawFilm(v: View, film: Packed<FilmHeader>): void {
  const { pen, f, palette, mode } = v;
  const { header, arrays } = film;
  const shape = arrays.zone?.shape ?? [0, 0, 0];
  const [, nz = 0, nr = 0] = shape;
  const at = v.at * nz * nr;
  const zone = arrays.zone?.data.subarray(at, at + nz * nr);
  const values =
    mode === "zones"
      ? null
      : (mode === "temperature" ? arrays.temperature_C : arrays.log10_omega_cell)?.data.subarray(at, at + nz * nr);
  if (!zone || (mode !== "zones" && !values)) return;
  const image = cells(v, zone, values, nr, nz, arrays.temperature_C?.data[nz * nr - 1]);
  const sheet = document.createElement("canvas");
  sheet.width = 2 * nr;
  sheet.height = nz;
  sheet.getContext("2d")?.putImageData(image, 0, 0);
  const dr = (header.r_um[1] ?? 1) - (header.r_um[0] ?? 0);
  const dz = (header.z_um[1] ?? 1) - (header.z_um[0] ?? 0);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(sheet, f.middle - nr * dr * f.scale, f.top, 2 * nr * dr * f.scale, nz * dz * f.scale);
  if (values && mode !== "outline" && mode !== "zones") {
    for (const [level] of MARKS[mode]) contour(v, values, nr, nz, dr, dz, level);
  }
}

/** Every cell as a pixel, mirrored on the axis; what is as it was before the shot is left clear. */
function cells(
  { palette, mode }: View,
  zone: ArrayLike<number>,
  values: ArrayLike<number> | null | undefined,
  nr: number,
  nz: number,
  untouched: number | undefined,
): ImageData {
  const shown = mode === "damage" ? "damage" : "temperature";
  const image = new ImageData(2 * nr, nz);
  const flat = ZONE_KEYS.map((key) => rgb(palette.zones[key].fill));
  const [low, high] = mode === "temperature" || mode === "damage" ? RANGES[mode] : [0, 1];
  // the skin before the shot: the point farthest out and deepest in the first picture
  const cold = mode === "temperature" ? (untouched ?? low) : low;
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
  return image;
}

/** Steps between cells that lie on either side of a level, as a dark line with a light edge. */
function contour(
  { pen, f }: View,
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

/** Frame, depth axis, names of the layers, scale bar, inputs; and the legend where there is room. */
export function drawFrame(v: View): void {
  const { pen, f, palette, layers, text } = v;
  pen.strokeStyle = text;
  pen.fillStyle = text;
  pen.lineWidth = 1;
  pen.strokeRect(f.left + 0.5, f.top + 0.5, f.right - f.left - 1, f.down - 1);
  pen.textBaseline = "middle";
  pen.textAlign = "right";
  const step = niceStep(f.depth, 5);
  for (let z = 0; z <= f.depth * 0.999; z += step) {
    const y = f.top + z * f.scale;
    pen.fillRect(f.left - 4, y, 4, 1);
    pen.fillText(said(z), f.left - 7, y);
  }
  pen.textAlign = "left";
  pen.fillText("Depth [µm]", 4, 11);
  // names of the layers on the skin, where there is room
  pen.fillStyle = palette.ink;
  for (const layer of layers) {
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
  pen.fillText(`inputs ${v.inputs}`, f.left, f.top + f.down + 20);
  if (f.width > 460) drawLegend(v);
}

function drawLegend(v: View): void {
  if (v.mode === "temperature" || v.mode === "damage") drawColours(v, v.mode);
  else drawZones(v);
}

function drawColours({ pen, f, text }: View, mode: keyof typeof RANGES): void {
  const y = f.top + 8;
  const x = f.right + 14;
  const [low, high] = RANGES[mode];
  const tall = Math.min(180, f.down - 40);
  for (let i = 0; i < tall; i++) {
    const [r, g, b] = colour(1 - i / tall);
    pen.fillStyle = `rgb(${r} ${g} ${b})`;
    pen.fillRect(x, y + 18 + i, 16, 1.5);
  }
  pen.fillStyle = text;
  pen.fillText(mode === "temperature" ? "Temperature" : "log₁₀ Ω of cells", x, y);
  const place = (v: number) => y + 18 + tall * (1 - (v - low) / (high - low));
  for (const [level, words] of [...MARKS[mode], [low, `${low}`.replace("-", "−")], [high, `${high}`]] as [
    number,
    string,
  ][]) {
    pen.fillRect(x + 16, place(level), 5, 1);
    pen.fillText(words, x + 25, place(level));
  }
}

function drawZones({ pen, f, palette, mode, ends, text }: View): void {
  const ratio = Math.max(1, window.devicePixelRatio || 1);
  let y = f.top + 8;
  const x = f.right + 14;
  for (const key of ["crater", "coagulated", "necrosis", "heated"] as const) {
    const style = palette.zones[key];
    const pattern = hatched(pen, style, ratio);
    if (pattern instanceof CanvasPattern) pattern.setTransform(new DOMMatrix().scale(1 / ratio));
    pen.fillStyle = mode === "zones" ? style.fill : pattern;
    pen.fillRect(x, y - 7, 18, 14);
    pen.strokeStyle = key === "crater" ? text : style.edge;
    pen.strokeRect(x, y - 7, 18, 14);
    pen.fillStyle = text;
    pen.fillText(key === "heated" ? "Heated (43 °C)" : style.label, x + 25, y, f.width - x - 27);
    y += 24;
  }
  if (mode === "outline" && ends) {
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
