// A line of a rehearsal's log as a sentence.

import { h } from "./core";
import { say, type Words } from "./trainingmap";

export interface Entry {
  n: number;
  at: string;
  t_us: number;
  what: string;
  who: string;
  [more: string]: unknown;
}

/** What interrupted a stamp, in words: a code word, or `fault:` and the kind. */
function reason(words: Words, code: string): string {
  const [kind, fault] = code.split(":");
  return say(words, `reason.${kind}`, { fault: fault ? say(words, `fault.${fault}`) : "" });
}

export function sentence(words: Words, items: Words, entry: Entry): string {
  const flag = entry.on ?? entry.pressed ?? entry.closed ?? entry.down ?? entry.go_on;
  const values: Record<string, unknown> = { ...entry };
  let key = `log.${entry.what}`;
  if (entry.what === "machine_stamp") {
    if (entry.reason === "complete") key += ".complete";
    else values.reason = reason(words, String(entry.reason));
  } else if (entry.what === "machine_state") values.state = say(words, `state.${entry.state}`);
  else if (entry.what === "machine_loaded" && entry.not_approved) key += ".not_approved";
  else if (entry.what === "machine_fault") values.fault = say(words, `fault.${entry.kind}`);
  else if (entry.what === "machine_fault_on_demand" || entry.what === "instructor")
    values.fault = say(words, `on_demand.${entry.kind}`, {
      value: entry.value === null || entry.value === undefined ? "" : `${entry.value} ${UNITS[String(entry.kind)] ?? ""}`,
    });
  else if (entry.what === "check") values.item = items[String(entry.item)] ?? entry.item;
  else if (entry.what === "ended") values.ended = say(words, `ended.${entry.why}`);
  if (typeof flag === "boolean" && words[`${key}.on`]) key += flag ? ".on" : ".off";
  return say(words, key, values);
}

const UNITS: Record<string, string> = { sag: "%", "offset-mirror": "µm" };
const GRAVE = new Set(["machine_fault", "machine_emergency_stop", "machine_gone", "hold_lost", "machine_link_lost"]);
const MILD = new Set(["refused", "bounce", "instructor", "machine_fault_on_demand", "machine_pedal_ignored"]);

/** An entry as a list item, with the machine's own clock before it. */
export function line(words: Words, items: Words, entry: Entry): HTMLLIElement {
  const interrupted = entry.what === "machine_stamp" && entry.reason !== "complete";
  const weight = GRAVE.has(entry.what) ? "grave" : MILD.has(entry.what) || interrupted ? "mild" : "";
  return h(
    "li",
    { class: weight, "data-what": entry.what },
    h("span", { class: "log-time" }, `${(entry.t_us / 1e6).toFixed(1)} s`),
    h(
      "span",
      {},
      sentence(words, items, entry),
      entry.who ? h("span", { class: "muted" }, ` ${entry.who}`) : null,
    ),
  );
}
