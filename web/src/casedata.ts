// The case as plain data: reading and writing by path, and the value that a field of the form stands for.

import type { Data, Json } from "./core";

/** A table of the case, made where it is missing. */
export function table(data: Data, name: string): Data {
  if (data[name] === null || typeof data[name] !== "object") data[name] = {};
  return data[name] as Data;
}

/** The value that was typed; a number that is none stays a text, which the server refuses with a reason. */
export function typedValue(input: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement): Json {
  if (input instanceof HTMLInputElement && input.type === "checkbox") return input.checked;
  if (input.dataset.kind === "number" || input.dataset.kind === "integer") {
    if (input.value.trim() === "") return null;
    const value = Number(input.value);
    return Number.isFinite(value) ? value : input.value;
  }
  return input.value;
}

/** What stands at a path such as `site.side`. */
export function get(data: Data, path: string): Json | undefined {
  let value: Json | undefined = data;
  for (const part of path.split("."))
    value = value && typeof value === "object" && !Array.isArray(value) ? value[part] : undefined;
  return value;
}

/** Puts a value at a path, making what is missing on the way. */
export function put(data: Data, path: string, value: Json): void {
  const parts = path.split(".");
  const last = parts.pop() as string;
  let at: Data = data;
  for (const part of parts) {
    if (at[part] === null || typeof at[part] !== "object") at[part] = {};
    at = at[part] as Data;
  }
  at[last] = value;
}
