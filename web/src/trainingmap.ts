// Where the columns of a rehearsal lie and what became of them: fired, not fired, unknown. Told apart by shape, not only
// by colour.

import { fitted } from "./core";

export interface StampRow {
  zone: number;
  pass: number;
  x_um: number;
  y_um: number;
  first: number;
  columns: number;
}
export interface FieldMap {
  zones: { name: string; width_um: number; height_um: number }[];
  stamps: StampRow[];
  x_um: number[];
  y_um: number[];
}
export type Words = Record<string, string>;

/** A sentence of the page with its places filled in; the code word itself where there is no sentence. */
export function say(words: Words, key: string, values: Record<string, unknown> = {}): string {
  const text = words[key] ?? key.split(".").pop() ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

interface Colours {
  fired: string;
  waiting: string;
  unknown: string;
  flying: string;
  ground: string;
  frame: string;
}
interface View {
  pen: CanvasRenderingContext2D;
  colours: Colours;
  x: (um: number) => number;
  y: (um: number) => number;
  radius: number;
}

/** The page's own colours as a canvas can take them: resolved for light or dark. */
function coloursOf(canvas: HTMLElement): Colours {
  const probe = document.createElement("span");
  probe.hidden = true;
  canvas.after(probe);
  const of = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const found = {
    fired: of("accent"),
    waiting: of("edge"),
    unknown: of("danger"),
    flying: of("caution"),
    ground: of("paper"),
    frame: of("rule"),
  };
  probe.remove();
  return found;
}

/** The sheet of one zone and one pass, or of one stamp, on a canvas. */
export class Sheet {
  private view: View | null = null;
  private key = "";

  constructor(private readonly canvas: HTMLCanvasElement) {}

  /** Draws everything again: after a new size, sheet or stamp. */
  draw(map: FieldMap, letters: string[], stamps: number[], present: number, key: string): void {
    this.key = key;
    this.view = null;
    const box = boundsOf(map, stamps);
    const width = this.canvas.clientWidth;
    const height = this.canvas.clientHeight;
    if (!box || width < 20 || height < 20) return;
    const pen = fitted(this.canvas, width, height);
    if (!pen) return;
    const margin = 10;
    const scale = Math.min((width - 2 * margin) / box.width, (height - 2 * margin) / box.height);
    const left = (width - scale * box.width) / 2;
    const top = (height - scale * box.height) / 2;
    const view = {
      pen,
      colours: coloursOf(this.canvas),
      x: (um: number) => left + scale * (um - box.x),
      // up in the zone is up on the screen
      y: (um: number) => top + scale * (box.y + box.height - um),
      radius: Math.min(9, Math.max(0.8, 0.32 * box.pitch * scale)),
    };
    this.view = view;
    for (const number of stamps) if (number !== present) this.frame(map, number, false, view);
    if (stamps.includes(present)) this.frame(map, present, true, view);
    for (const number of stamps) {
      const stamp = map.stamps[number - 1];
      if (stamp) this.dots(map, letters, stamp.first - 1, stamp.first - 1 + stamp.columns);
    }
  }

  /** Draws the columns `from` to `to` over what is there; false if the sheet was never drawn under `key`. */
  update(map: FieldMap, letters: string[], from: number, to: number, key: string): boolean {
    if (!this.view || key !== this.key) return false;
    this.dots(map, letters, from, to);
    return true;
  }

  private frame(map: FieldMap, number: number, present: boolean, view: View): void {
    const box = boundsOf(map, [number]);
    if (!box) return;
    const { pen } = view;
    const top = view.y(box.y + box.height);
    const left = view.x(box.x);
    pen.lineWidth = present ? 2 : 1;
    pen.strokeStyle = present ? view.colours.fired : view.colours.frame;
    pen.strokeRect(left, top, view.x(box.x + box.width) - left, view.y(box.y) - top);
  }

  private dots(map: FieldMap, letters: string[], from: number, to: number): void {
    const view = this.view;
    if (!view) return;
    const { pen, radius, colours } = view;
    for (let k = from; k < to; k++) {
      const x = view.x(map.x_um[k] ?? 0);
      const y = view.y(map.y_um[k] ?? 0);
      const letter = letters[k] ?? "N";
      pen.beginPath();
      if (letter === "F" || letter === "I") {
        pen.fillStyle = letter === "F" ? colours.fired : colours.flying;
        pen.arc(x, y, radius, 0, 2 * Math.PI);
        pen.fill();
      } else if (letter === "U") {
        const arm = Math.max(3.5, 1.3 * radius);
        pen.fillStyle = colours.ground;
        pen.arc(x, y, radius + 1, 0, 2 * Math.PI);
        pen.fill();
        pen.beginPath();
        pen.strokeStyle = colours.unknown;
        pen.lineWidth = 2;
        pen.moveTo(x - arm, y - arm);
        pen.lineTo(x + arm, y + arm);
        pen.moveTo(x - arm, y + arm);
        pen.lineTo(x + arm, y - arm);
        pen.stroke();
      } else {
        pen.strokeStyle = colours.waiting;
        pen.lineWidth = 1;
        pen.arc(x, y, Math.max(0.6, radius - 0.5), 0, 2 * Math.PI);
        pen.stroke();
      }
    }
  }
}

/** The box around the columns of `stamps` [µm] with half a pitch around it. */
function boundsOf(map: FieldMap, stamps: number[]): { x: number; y: number; width: number; height: number; pitch: number } | null {
  let [x0, y0, x1, y1, count] = [Infinity, Infinity, -Infinity, -Infinity, 0];
  for (const number of stamps) {
    const stamp = map.stamps[number - 1];
    if (!stamp) continue;
    count += stamp.columns;
    for (let k = stamp.first - 1; k < stamp.first - 1 + stamp.columns; k++) {
      x0 = Math.min(x0, map.x_um[k] ?? 0);
      x1 = Math.max(x1, map.x_um[k] ?? 0);
      y0 = Math.min(y0, map.y_um[k] ?? 0);
      y1 = Math.max(y1, map.y_um[k] ?? 0);
    }
  }
  if (count === 0) return null;
  const pitch = Math.max(50, Math.sqrt(Math.max((x1 - x0) * (y1 - y0), 1) / Math.max(count, 1)));
  return { x: x0 - pitch / 2, y: y0 - pitch / 2, width: x1 - x0 + pitch, height: y1 - y0 + pitch, pitch };
}

/** Zones and passes of a map, each with its stamps. */
export function sheetsOf(map: FieldMap, words: Words): { key: string; label: string; stamps: number[] }[] {
  const found = new Map<string, { key: string; label: string; stamps: number[] }>();
  map.stamps.forEach((stamp, index) => {
    const key = `${stamp.zone}/${stamp.pass}`;
    const zone = map.zones[stamp.zone - 1]?.name ?? String(stamp.zone);
    const sheet = found.get(key) ?? { key, label: say(words, "sheet", { zone, pass: stamp.pass }), stamps: [] };
    sheet.stamps.push(index + 1);
    found.set(key, sheet);
  });
  return [...found.values()];
}
