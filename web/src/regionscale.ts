// Pixels of the picture and millimetres of the skin: where the scale comes from, what it says, how it is set.

import { post, said } from "./core";
import type { Point } from "./drawing";

export interface Setup {
  photo: string | null;
  width: number;
  height: number;
  mm_per_px: number | null;
  /** The scale in the photograph's own record; another one than that of the drawing is said. */
  record_mm_per_px: number | null;
  photo_id: string;
  /** Where a scale is stored with the photograph; without it a scale serves this page alone. */
  keep_scale: string | null;
}
/** Without a photograph: a sheet of millimetres, ten pixels each. */
export const SHEET: Setup = {
  photo: null,
  width: 1200,
  height: 900,
  mm_per_px: 0.1,
  record_mm_per_px: null,
  photo_id: "",
  keep_scale: null,
};

export class PictureScale {
  constructor(readonly setup: Setup) {}

  /** Null until a scale is set. */
  get mm_per_px(): number | null {
    return this.setup.mm_per_px;
  }

  set mm_per_px(value: number | null) {
    this.setup.mm_per_px = value;
  }

  /** A place on the picture (u to the right, up from its lower edge) in millimetres, to a micrometre. */
  toMm([u, up]: number[]): Point {
    const s = this.mm_per_px ?? Number.NaN;
    return [toMicrometre(((u ?? 0) - this.setup.width / 2) * s), toMicrometre(((up ?? 0) - this.setup.height / 2) * s)];
  }

  toMap([x, y]: Point): number[] {
    const s = this.mm_per_px ?? Number.NaN;
    return [x / s + this.setup.width / 2, y / s + this.setup.height / 2];
  }

  /** A length on the picture [mm], to a micrometre. */
  length(pixels: number): number {
    return toMicrometre(pixels * (this.mm_per_px ?? Number.NaN));
  }

  /** Sets the scale from two points on the picture that lie `mm` apart; throws a Refusal. */
  async measure(a: number[], b: number[], mm: number, src: string): Promise<void> {
    const { width, height, keep_scale, photo_id } = this.setup;
    const down = ([u, up]: number[]) => [u ?? 0, height - (up ?? 0)];
    const points = { one: down(a), other: down(b), distance_mm: mm };
    const answer = keep_scale
      ? await post(keep_scale, { ...points, photo_id })
      : await post(`${src}/scale`, { ...points, width, height });
    const found = (await answer.json()) as { mm_per_px: number; kept?: boolean };
    this.mm_per_px = found.mm_per_px;
    if (found.kept) this.setup.record_mm_per_px = found.mm_per_px;
  }

  get words(): string {
    const s = this.mm_per_px;
    if (!this.setup.photo) return "No photograph: a sheet of millimetres stands for the skin. One square is 10 mm.";
    if (!s) return "No scale yet: set it by two points a known distance apart.";
    return `Scale: ${said(1 / s)} pixels per mm; the picture is ${said(this.setup.width * s)} × ${said(this.setup.height * s)} mm.${this.recorded(s)}`;
  }

  /** Whether the photograph's record holds this scale. */
  private recorded(mm_per_px: number): string {
    const record = this.setup.record_mm_per_px;
    if (record === null) return " The photograph’s record holds none.";
    return Math.abs(record / mm_per_px - 1) < 1e-6
      ? " It stands in the photograph’s record."
      : ` The photograph’s record holds another, ${said(1 / record)} pixels per mm: the drawing was made before it.`;
  }
}

function toMicrometre(mm: number): number {
  return Math.round(mm * 1000) / 1000;
}
