// What all islands share: elements, requests, binary answers, colours that Python names, numbers as people read them.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Data = { [key: string]: Json };

type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>;

/** An element with attributes, listeners (`onclick: …`) and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child): child is Node | string => Boolean(child)));
  return element;
}

/** The JSON that the server has put into the page beside or inside `element`. */
export function embedded<T>(element: Element, name: string): T | null {
  const script = element.querySelector(`script[type="application/json"][data-name="${name}"]`);
  return script?.textContent ? (JSON.parse(script.textContent) as T) : null;
}

/** A stable text of plain data: keys sorted, so that equal inputs give equal texts. */
export function canonical(value: Json | undefined): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const keys = Object.keys(value).sort();
    return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
  }
  return JSON.stringify(value ?? null);
}

/** A refusal with its parts, as the library words it. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly parts: { what: string; given: string; allowed: string; todo: string }[],
  ) {
    super(
      parts.length > 0
        ? parts.map((p) => `${p.what}: given ${p.given}; allowed: ${p.allowed}. ${p.todo}`).join(" ")
        : title,
    );
  }
}

/** Sends plain data to an address of this server, with the token that the page was given. */
export async function post(url: string, body: Data, signal?: AbortSignal): Promise<Response> {
  const token = document.body.getAttribute("hx-headers:inherited");
  const headers: Record<string, string> = {
    "Content-Type": "application/json",
    Accept: "application/json",
    ...(token ? (JSON.parse(token) as Record<string, string>) : {}),
  };
  const answer = await fetch(url, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
    credentials: "same-origin",
    signal: signal ?? null,
  });
  if (!answer.ok) {
    let said: { title?: string; detail?: string; errors?: Refusal["parts"] } = {};
    try {
      said = await answer.json();
    } catch {
      // an answer without JSON: the status says enough
    }
    throw new Refusal(
      answer.status,
      said.detail ?? said.title ?? `The server answered ${answer.status}.`,
      said.errors ?? [],
    );
  }
  return answer;
}

/**
 * Questions of one kind, of which only the newest counts: an older one is aborted, and its answer, should it come all
 * the same, is dropped by its number.
 */
export class Newest {
  private sequence = 0;
  private controller: AbortController | null = null;

  /** `null` if a newer question has been asked meanwhile. */
  async ask(url: string, body: Data): Promise<Response | null> {
    this.controller?.abort();
    this.controller = new AbortController();
    this.sequence += 1;
    const mine = this.sequence;
    try {
      const answer = await post(url, { ...body, sequence: mine }, this.controller.signal);
      return mine === this.sequence ? answer : null;
    } catch (error) {
      if (mine !== this.sequence || (error instanceof DOMException && error.name === "AbortError")) return null;
      if (error instanceof Refusal && error.status === 409) return null;
      throw error;
    }
  }

  /** Gives up what is under way. */
  drop(): void {
    this.sequence += 1;
    this.controller?.abort();
  }
}

// --- binary answers ---------------------------------------------------------------------------------------------
export interface Packed<H> {
  header: H;
  arrays: Record<string, { shape: number[]; data: Float32Array | Float64Array | Uint8Array }>;
}

/** Opens a `CNF1` answer: length of the header, header as JSON, arrays. */
export function unpack<H>(buffer: ArrayBuffer): Packed<H> {
  const view = new DataView(buffer);
  const magic = String.fromCharCode(...new Uint8Array(buffer, 0, 4));
  if (magic !== "CNF1") throw new Error("not a binary answer of this server");
  const length = view.getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const start = 8 + length;
  const arrays: Packed<H>["arrays"] = {};
  for (const { name, dtype, shape, offset } of header.arrays) {
    const size = shape.reduce((a: number, b: number) => a * b, 1);
    const at = start + offset;
    if (dtype === "float32") arrays[name] = { shape, data: new Float32Array(buffer, at, size) };
    else if (dtype === "float64") arrays[name] = { shape, data: new Float64Array(buffer, at, size) };
    else if (dtype === "uint8") arrays[name] = { shape, data: new Uint8Array(buffer, at, size) };
    else throw new Error(`unknown type ${dtype}`);
  }
  return { header, arrays };
}

// --- colours ----------------------------------------------------------------------------------------------------
export interface ZoneStyle {
  label: string;
  fill: string;
  edge: string;
  hatch: string;
}
export interface Palette {
  zones: Record<"crater" | "coagulated" | "necrosis" | "heated" | "char" | "spared", ZoneStyle>;
  skin: string[];
  ink: string;
}

/** A fill with lines drawn over it, so that zones differ in a grey print too. */
export function hatched(context: CanvasRenderingContext2D, style: ZoneStyle, ratio: number): CanvasPattern | string {
  if (!style.hatch) return style.fill;
  const size = Math.round(7 * ratio);
  const tile = document.createElement("canvas");
  tile.width = size;
  tile.height = size;
  const pen = tile.getContext("2d");
  if (!pen) return style.fill;
  pen.fillStyle = style.fill;
  pen.fillRect(0, 0, size, size);
  pen.strokeStyle = style.edge;
  pen.lineWidth = 0.8 * ratio;
  pen.beginPath();
  const first = style.hatch[0];
  if (first === "-") {
    pen.moveTo(0, size / 2);
    pen.lineTo(size, size / 2);
  } else {
    const up = first === "/";
    for (const shift of [-size, 0, size]) {
      pen.moveTo(shift, up ? size : 0);
      pen.lineTo(shift + size, up ? 0 : size);
    }
  }
  pen.stroke();
  return context.createPattern(tile, "repeat") ?? style.fill;
}

// Inferno by Smith and van der Walt (CC0), every sixteenth colour: perceptually even, dark to light, so it reads in grey.
const INFERNO = [
  "#000004",
  "#0b0724",
  "#210c4a",
  "#3d0965",
  "#57106e",
  "#71196e",
  "#8a226a",
  "#a32c61",
  "#bc3754",
  "#d24644",
  "#e45a31",
  "#f1731d",
  "#f98e09",
  "#fcac11",
  "#f9cb35",
  "#f2ea69",
  "#fcffa4",
];
const ANCHORS = INFERNO.map((c) => [1, 3, 5].map((i) => Number.parseInt(c.slice(i, i + 2), 16)));

/** Red, green, blue of a share between 0 and 1. */
export function colour(share: number): [number, number, number] {
  const x = Math.min(Math.max(share, 0), 1) * (ANCHORS.length - 1);
  const i = Math.min(Math.floor(x), ANCHORS.length - 2);
  const a = ANCHORS[i] as number[];
  const b = ANCHORS[i + 1] as number[];
  const f = x - i;
  return [0, 1, 2].map((k) => Math.round((a[k] as number) * (1 - f) + (b[k] as number) * f)) as [
    number,
    number,
    number,
  ];
}

// --- canvas -----------------------------------------------------------------------------------------------------
/** Sizes a canvas to its box in device pixels; returns its context, scaled to CSS pixels. */
export function fitted(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  const ratio = Math.max(1, window.devicePixelRatio || 1);
  const w = Math.max(1, Math.round(width * ratio));
  const t = Math.max(1, Math.round(height * ratio));
  if (canvas.width !== w || canvas.height !== t) {
    canvas.width = w;
    canvas.height = t;
  }
  const context = canvas.getContext("2d");
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  context?.clearRect(0, 0, width, height);
  return context;
}

/** Calls `run` when the element gets another width: its height follows from what is drawn, and must not draw it again. */
export function onWidth(element: HTMLElement, run: () => void): void {
  let known = -1;
  new ResizeObserver(() => {
    const width = element.clientWidth;
    if (width === known || width === 0) return;
    known = width;
    run();
  }).observe(element);
}

/** Counts a drawing on the element: whoever looks can see that a picture at rest is not drawn again and again. */
export function drawn(element: HTMLElement): void {
  element.setAttribute("drawings", String(Number(element.getAttribute("drawings") ?? 0) + 1));
}

/** A round step that divides `span` into about `count` parts. */
export function niceStep(span: number, count: number): number {
  const raw = span / Math.max(count, 1);
  const power = 10 ** Math.floor(Math.log10(raw));
  const factor = raw / power;
  return (factor >= 5 ? 5 : factor >= 2 ? 2 : 1) * power;
}

/** A number as people read it: three significant digits, a true minus sign. */
export function said(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return "none";
  const text = Math.abs(value) >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(digits)));
  return text.replace("-", "−");
}

/** Calls `run` once after `wait` ms without another call. */
export function settled(wait: number, run: () => void): () => void {
  let timer: number | undefined;
  return () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(run, wait);
  };
}

export type State = "empty" | "working" | "fresh" | "stale" | "failed";

/** Shows what an island's content is worth: on the element for people and tests, in words for readers of the screen. */
export function mark(element: HTMLElement, state: State, words = ""): void {
  element.setAttribute("state", state);
  element.setAttribute("aria-busy", String(state === "working"));
  const note = element.querySelector<HTMLElement>(":scope > .island-note");
  if (note) {
    const usual = { empty: "", working: "Computing …", fresh: "", stale: "Not up to date", failed: "Failed" }[state];
    note.textContent = words || usual;
    note.hidden = note.textContent === "";
  }
}
