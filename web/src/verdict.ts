// What the rules say of a case: the verdict, each finding with its reason, and what a person may answer to it.

import { type Data, h, type Json } from "./core";
import { table } from "./casedata";

export interface Finding {
  rule: string;
  severity: string;
  outcome: string;
  given: string;
  allowed: string;
  reason: string;
  todo: string;
  source: string;
  zone: string;
  reviewed_by: string;
}
export interface Verdict {
  status: string;
  stage: string;
  findings: Finding[];
}
/** Who reads it: whether they may answer at all, and the physician who may override. */
export interface Reader {
  may_write: boolean;
  physician: { name: string; role: string } | null;
}
/** Changes the case, as one step that can be undone. */
export type Change = (what: string, change: (made: Data) => void) => void;

const SEVERITY: Record<string, string> = {
  block: "Forbidden",
  specialist: "Specialist decides",
  defer: "Wait",
  require: "Required step",
  cap: "Cap",
  warn: "Warning",
  inform: "Information",
};
const STAGE: Record<string, string> = {
  patient: "of the answers alone; nothing is simulated",
  settings: "of the answers and the settings; nothing is simulated",
  plan: "of the answers, the settings and the simulated columns at both ends of the crater losses",
};

/** Puts a verdict into its panel. */
export function showVerdict(slot: HTMLElement, verdict: Verdict, reader: Reader, change: Change): void {
  const open = verdict.findings.filter((f) => f.outcome !== "note" && f.severity !== "inform");
  const notes = verdict.findings.filter((f) => !open.includes(f));
  slot.replaceChildren(
    h("p", { class: `verdict verdict-${verdict.status.toLowerCase()}` }, h("strong", {}, verdict.status)),
    h("p", { class: "hint" }, `Verdict ${STAGE[verdict.stage] ?? ""}.`),
    ...(open.length === 0
      ? [h("p", {}, "No limit is exceeded at this stage.")]
      : open.map((f) => finding(f, answers(f, reader, change)))),
    notes.length === 0
      ? ""
      : h("details", {}, h("summary", {}, `${notes.length} for information`), ...notes.map((f) => finding(f))),
  );
  slot.setAttribute("state", "fresh");
  slot.setAttribute("verdict", verdict.status);
  slot.setAttribute("stage", verdict.stage);
}

/** What the person at the page may answer to a finding: that a step is done, or, as a physician, why to go on. */
function answers(f: Finding, reader: Reader, change: Change): HTMLElement | null {
  if (!reader.may_write) return null;
  if (f.severity === "require" && f.outcome === "open") {
    const record = () =>
      change(`recorded ${f.rule}`, (made) => {
        const clinic = table(made, "clinic");
        clinic.recorded = [...((clinic.recorded as Json[] | undefined) ?? []), f.rule];
      });
    return h("button", { type: "button", class: "quiet", onclick: record }, "Done and recorded");
  }
  const physician = reader.physician;
  if (!physician || !["specialist", "cap"].includes(f.severity) || f.outcome !== "fail") return null;
  const id = `why-${f.rule}-${f.zone}`.replace(/[^\w-]/g, "-");
  const reason = h("textarea", { id, rows: 2, maxlength: 2000 });
  const note = h(
    "span",
    { class: "field-error", role: "alert", hidden: true },
    "A reason of at least ten characters is needed.",
  );
  const override = () => {
    const why = reason.value.trim();
    note.hidden = why.length >= 10;
    if (why.length < 10) return;
    change(`override ${f.rule}`, (made) => {
      const clinic = table(made, "clinic");
      clinic.overrides = [
        ...((clinic.overrides as Json[] | undefined) ?? []),
        { rule: f.rule, name: physician.name, role: physician.role, reason: why },
      ];
    });
  };
  return h(
    "div",
    { class: "override" },
    h("label", { for: id }, `Go on all the same, as ${physician.name}, because`),
    reason,
    note,
    h("button", { type: "button", class: "quiet", onclick: override }, "Override this rule"),
  );
}

function finding(f: Finding, answer: HTMLElement | null = null): HTMLElement {
  return h(
    "details",
    { class: `finding finding-${f.severity}`, open: f.outcome === "fail" },
    h(
      "summary",
      {},
      h("span", { class: "severity" }, SEVERITY[f.severity] ?? f.severity),
      ` ${f.rule}${f.zone ? `, ${f.zone}` : ""}: ${f.given}`,
    ),
    h("p", {}, f.reason),
    h("p", { class: "hint" }, `Allowed: ${f.allowed}. ${f.todo}`),
    h("p", { class: "hint" }, `Source: ${f.source}. Reviewed by: ${f.reviewed_by}.`),
    answer,
  );
}

/** What is wrong with a case that is not complete, by field. */
export function errorList(errors: Record<string, string>): HTMLElement {
  return h(
    "ul",
    { class: "errors" },
    ...Object.entries(errors).map(([path, text]) => h("li", {}, path ? `${path}: ${text}` : text)),
  );
}
