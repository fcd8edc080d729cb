// What colonnade.reporting.view3d puts into the page: lengths in the unit of their names.

export interface Tone {
  label: string;
  fill: string;
  edge: string;
}

export interface Layer {
  name: string;
  top_um: number;
  bottom_um: number;
  fill: string;
}

/** One column and where its like stand in a square piece of the field. Radii by depth, nested. */
export interface Skin {
  side_um: number;
  depth_um: number;
  layers: Layer[];
  profile_depth_um: number[];
  zones: (Tone & { name: string; radius_um: number[]; shown: boolean })[];
  x_um: number[];
  y_um: number[];
}

export interface Value {
  label: string;
  low: string;
  high: string;
  /** Base64 of little-endian float32: 0 to 1 for each column. */
  share: string;
}

/** The whole field, on a surface if there is one, else flat at z = 0. */
export interface FieldData {
  columns: number;
  /** Base64 of little-endian float32 (n, 3) [mm]: x to the viewer's right, y up, z towards the viewer. */
  positions_mm: string;
  radius_mm: number;
  values: Value[];
  colours: string[];
  surface: { vertices_mm: string; faces: string; fill: string } | null;
  lines: { label: string; colour: string; points_mm: number[][][] }[];
}

export interface Data {
  ink: string;
  muted: string;
  paper: string;
  skin: Skin;
  field: FieldData;
}

export function read(): Data {
  const holder = document.getElementById("data");
  if (holder === null) throw new Error("the page holds no data");
  return JSON.parse(holder.textContent ?? "") as Data;
}

function bytes(text: string): ArrayBuffer {
  const raw = atob(text);
  const made = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) made[i] = raw.charCodeAt(i);
  return made.buffer;
}

export const floats = (text: string): Float32Array => new Float32Array(bytes(text));
export const whole = (text: string): Uint32Array => new Uint32Array(bytes(text));
