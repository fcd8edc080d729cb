// The drawing of a case: what the table and the picture show of it, and what an edit of them makes of it.

import { canonical, type Data, type Json } from "./core";

export type Point = [number, number];
export interface Shape {
  name: string;
  kind: "zone" | "exclusion";
  /** Outline, then holes [mm]; of a round exclusion none. */
  rings_mm: Point[][];
  /** A round exclusion. */
  round?: { centre_mm: Point; diameter_mm: number } | undefined;
  /** Of an exclusion: kept out all round it. */
  margin_mm?: number | undefined;
  /** Of a zone: width over which the density falls to 0 at its edge; 0 for a sharp one. */
  feather_mm?: number | undefined;
  /** The zone that takes what no other takes. */
  rest?: boolean | undefined;
}

/** Margin of a new exclusion [mm]. Assumed: no source states one; about what a hand misses. It stands in the table. */
export const MARGIN_MM = 3;
/** The parts of a case that say where it is treated. */
export const WHERE = ["region", "zones", "exclusions", "treat_rest_as"] as const;
const CORNERS = 96;

/** The shapes of a case. */
export function shapesOf(data: Data): Shape[] {
  const out: Shape[] = [];
  const zone = (name: string, region: Json | undefined, rest = false) => {
    const rings_mm = ringsOf((region ?? {}) as Data);
    const feather_mm = Number((region as Data | null)?.feather_mm ?? 0);
    if (rings_mm) out.push({ name, kind: "zone", rings_mm, feather_mm, ...(rest ? { rest } : {}) });
  };
  const zones = (data.zones ?? []) as Data[];
  if (zones.length === 0) zone("Zone 1", data.region);
  else if (data.treat_rest_as) zone(String(data.treat_rest_as), data.region, true);
  zones.forEach((each, i) => {
    zone(String(each.name ?? `Zone ${i + 1}`), each.region);
  });
  ((data.exclusions ?? []) as Data[]).forEach((each, i) => {
    const round = each.centre_mm
      ? { centre_mm: each.centre_mm as unknown as Point, diameter_mm: Number(each.diameter_mm) }
      : undefined;
    out.push({
      name: String(each.name ?? `Exclusion ${i + 1}`),
      kind: "exclusion",
      rings_mm: (each.rings_mm ?? []) as unknown as Point[][],
      margin_mm: Number(each.margin_mm ?? 0),
      ...(round ? { round } : {}),
    });
  });
  return out;
}

/** Puts shapes into a case. What a case says of its zones besides (site, settings) stays with them. */
export function putShapes(data: Data, shapes: Shape[]): void {
  const zones = shapes.filter((s) => s.kind === "zone");
  const first = zones[0];
  if (!first) return;
  const before = (data.zones ?? []) as Data[];
  const rest = zones.find((s) => s.rest);
  const named = zones.filter((s) => s !== rest);
  if (zones.length === 1 && before.length === 0 && /^Zone \d+$/.test(first.name)) {
    data.region = regionOf(first, data.region);
    data.zones = [];
    delete data.treat_rest_as;
  } else {
    data.region = rest ? regionOf(rest, data.region) : around(named);
    if (rest) data.treat_rest_as = rest.name;
    else delete data.treat_rest_as;
    data.zones = named.map((shape, i) => {
      const known =
        before.find((z) => z.name === shape.name) ?? (before.length === named.length ? before[i] : undefined);
      return {
        settings: null,
        site: structuredClone(data.site ?? {}),
        ...structuredClone(known ?? {}),
        name: shape.name,
        region: regionOf(shape, known?.region),
      };
    });
  }
  const excluded = shapes.filter((s) => s.kind === "exclusion");
  if (excluded.length === 0) delete data.exclusions;
  else
    data.exclusions = excluded.map((shape) => ({
      name: shape.name,
      margin_mm: shape.margin_mm ?? 0,
      ...(shape.round ?? { rings_mm: shape.rings_mm }),
    })) as unknown as Json;
}

/** An edit of the case's site goes with the zones that had the same one. */
export function siteFollows(data: Data, before: Data): void {
  const old = canonical(before.site);
  for (const zone of (data.zones ?? []) as Data[])
    if (canonical(zone.site) === old) zone.site = structuredClone(data.site ?? {});
}

/** What the server is asked with about a drawing. */
export function whereOf(data: Data): Data {
  return Object.fromEntries(WHERE.filter((name) => data[name]).map((name) => [name, data[name] as Json]));
}

/** Corners of a circle [mm]. */
export function circle([x, y]: Point, diameter: number): Point[] {
  return Array.from({ length: CORNERS }, (_, k) => {
    const angle = (2 * Math.PI * k) / CORNERS;
    return [x + (diameter / 2) * Math.cos(angle), y + (diameter / 2) * Math.sin(angle)];
  });
}

function ringsOf(region: Data): Point[][] | null {
  const [width, height, diameter] = [region.width_mm, region.height_mm, region.diameter_mm].map(Number);
  if (region.rings_mm) return region.rings_mm as unknown as Point[][];
  if (width && height) {
    const [x, y] = [width / 2, height / 2];
    return [
      [
        [-x, -y],
        [x, -y],
        [x, y],
        [-x, y],
      ],
    ];
  }
  return diameter ? [circle([0, 0], diameter)] : null;
}

function regionOf(shape: Shape, before: Json | undefined): Data {
  const old = (before ?? {}) as Data;
  // further polygons of a region come from files; nothing here draws them, and nothing here loses them
  const further: Data = old.shape === "polygon" && old.further_mm ? { further_mm: old.further_mm } : {};
  const soft: Data = shape.feather_mm ? { feather_mm: shape.feather_mm } : {};
  return { shape: "polygon", rings_mm: shape.rings_mm as unknown as Json, ...further, ...soft };
}

/** The region of several zones of which nothing is left over: all that lies around them. */
function around(zones: Shape[]): Data {
  if (zones.length === 1) return { shape: "polygon", rings_mm: (zones[0] as Shape).rings_mm as unknown as Json };
  const points = zones.flatMap((z) => z.rings_mm[0] ?? []);
  const [xs, ys] = [points.map((p) => p[0]), points.map((p) => p[1])];
  const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  return {
    shape: "polygon",
    rings_mm: [
      [
        [x0, y0],
        [x1, y0],
        [x1, y1],
        [x0, y1],
      ],
    ],
  };
}
