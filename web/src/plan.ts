// The plan page: one case, its undo, and the order in which everything that depends on it is computed again.

import type { ColonnadeColumn, ColumnAnswer } from "./column";
import { canonical, type Data, embedded, h, type Json, Newest, post, Refusal, settled } from "./core";
import { get, put, typedValue } from "./casedata";
import type { ColonnadeCoverage } from "./coverage";
import { putShapes, type Shape, shapesOf, siteFollows, WHERE, whereOf } from "./drawing";
import type { ColonnadeHeatmap } from "./heatmap";
import type { Card, ColonnadeSettings, Settings } from "./settings";
import { Steps } from "./steps";
import { type Change, errorList, showVerdict, type Verdict } from "./verdict";
import "./column";
import "./coverage";
import "./heatmap";
import "./front";
import "./papers";
import { followJob } from "./job";
import { type Numbered, numbers, predicted } from "./numbers";
import type { ColonnadeRegion } from "./region";
import "./settings";

interface Setup {
  case: Data;
  trial: Settings;
  given: boolean;
  revision: number | null;
  /** What the region is drawn on: a photograph, or nothing, and its scale. */
  drawing: Drawing;
  card: Card;
  live: string;
  save: string | null;
  plan: string | null;
  /** Who may override, with name and role as they are written into the case; null for everybody else. */
  physician: { name: string; role: string } | null;
  may_write: boolean;
}
interface Drawing {
  photo_id: string;
  mm_per_px: number | null;
}
interface Snapshot {
  case: Data;
  drawing: Drawing;
  trial: Settings;
  given: boolean;
}

class ColonnadePlan extends HTMLElement {
  private setup!: Setup;
  private now!: Snapshot;
  private steps = new Steps<Snapshot>();
  private derivedQuestions = new Newest();
  private ruleQuestions = new Newest();
  private checkQuestions = new Newest();
  private saving: Promise<void> = Promise.resolve();
  private deviceQuestions = new Newest();
  private pageId = crypto.randomUUID();
  private later = settled(160, () => void this.afterColumn());
  private rulesSoon = settled(260, () => void this.judge());
  private saveSoon = settled(700, () => void this.save());
  private saved = "";

  connectedCallback(): void {
    const setup = embedded<Setup>(this, "plan");
    if (!setup || this.setup) return;
    this.setup = setup;
    this.now = { case: setup.case, drawing: setup.drawing, trial: setup.trial, given: setup.given };
    this.saved = this.content();
    this.addEventListener("settings-change", (event) => {
      this.step("settings", (s) => {
        s.trial = (event as CustomEvent<Settings>).detail;
      });
    });
    this.addEventListener("input", (event) => this.typed(event));
    this.addEventListener("change", (event) => this.typed(event));
    this.addEventListener("region-change", (event) => this.drawn(event as CustomEvent));
    this.addEventListener("click", (event) => this.clicked(event));
    document.addEventListener("keydown", (event) => this.key(event));
    window.addEventListener("beforeunload", (event) => {
      if (this.setup.save && this.saved !== this.content()) event.preventDefault();
    });
    customElements.whenDefined("colonnade-settings").then(() => {
      this.panel?.use(this.setup.card, this.now.trial);
      this.fill();
      // until here the page takes no input: what is typed before anybody listens would be lost
      this.inert = false;
      this.everything();
    });
    customElements.whenDefined("colonnade-region").then(() => this.redraw());
  }

  private get panel(): ColonnadeSettings | null {
    return this.querySelector("colonnade-settings");
  }
  private get column(): ColonnadeColumn | null {
    return this.querySelector("colonnade-column");
  }
  private get coverage(): ColonnadeCoverage | null {
    return this.querySelector("colonnade-coverage");
  }
  private get field(): ColonnadeHeatmap | null {
    return this.querySelector("colonnade-heatmap");
  }
  private get region(): ColonnadeRegion | null {
    return this.querySelector("colonnade-region");
  }
  private slot_(name: string): HTMLElement | null {
    return this.querySelector(`[data-slot="${name}"]`);
  }

  /** The case as it stands: with the settings if they are to be judged, without if the planner is to search. */
  caseNow(): Data {
    const made: Data = structuredClone(this.now.case);
    made.settings = this.now.given ? ({ ...this.now.trial } as unknown as Json) : null;
    return made;
  }

  /** What is saved, as a text. */
  private content(): string {
    return canonical({ case: this.caseNow(), drawing: this.now.drawing as unknown as Json });
  }

  /** What the live pictures depend on. */
  payload(): Data {
    return {
      page: this.pageId,
      device: this.at("device.id") ?? "",
      site: this.at("site.id") ?? "",
      settings: this.now.trial as unknown as Json,
    };
  }

  private at(path: string): Json | undefined {
    return get(this.now.case, path);
  }

  // --- editing ------------------------------------------------------------------------------------------------------
  private step(what: string, change: (snapshot: Snapshot) => void): void {
    const before = structuredClone(this.now);
    change(this.now);
    if (canonical(before as unknown as Json) === canonical(this.now as unknown as Json)) return;
    this.steps.add(what, before);
    this.depends(before);
  }

  /** A step that changes the case alone. */
  private changed: Change = (what, change) => this.step(what, (s) => change(s.case));

  private undo(forth: boolean): void {
    const before = structuredClone(this.now);
    const back = this.steps.go(forth, before);
    if (!back) return;
    this.now = back;
    if (this.panel) this.panel.settings = this.now.trial;
    this.fill();
    if (this.where(before) !== this.where(this.now)) this.redraw();
    this.depends(before);
  }

  /** Where is treated, as a text: the shapes and the scale they are drawn in. */
  private where(snapshot: Snapshot): string {
    return canonical([whereOf(snapshot.case), snapshot.drawing as unknown as Json]);
  }

  /** Puts the shapes of the case onto the picture. */
  private redraw(): void {
    this.region?.show(shapesOf(this.now.case), this.now.drawing.mm_per_px);
    void this.outline();
  }

  /** What has to be done again after an edit, and what is grey until it is. */
  private depends(before: Snapshot): void {
    const same = (path: string) => canonical(get(before.case, path)) === canonical(get(this.now.case, path));
    const settings = canonical(before.trial as unknown as Json) !== canonical(this.now.trial as unknown as Json);
    const drawn = WHERE.every(same);
    this.toggleAttribute("edited", this.saved !== this.content());
    if (!same("device.id")) void this.changeDevice();
    else if (settings || !same("site.id")) this.follow();
    if (settings || !same("site.id") || !same("device.id") || !drawn) {
      this.field?.stale();
      this.slot_("scene")?.setAttribute("state", "stale");
    }
    if (!drawn) void this.outline();
    if (settings || !same("device.id") || !drawn) this.region?.forgetStamps();
    this.siteWords(!same("site") || !drawn);
    for (const panel of this.querySelectorAll<HTMLElement>("[data-depends=case]")) panel.setAttribute("state", "stale");
    this.buttons();
    this.rulesSoon();
    if (this.setup.save) this.saveSoon();
  }

  private everything(): void {
    this.siteWords(false);
    this.buttons();
    this.follow();
    this.rulesSoon();
    const generic = this.slot_("device-mark");
    if (generic) this.markDevice(generic);
  }

  private buttons(): void {
    for (const [name, count] of [
      ["undo", this.steps.back],
      ["redo", this.steps.forth],
    ] as const) {
      const button = this.querySelector<HTMLButtonElement>(`button[data-action="${name}"]`);
      if (button) button.disabled = count === 0;
    }
    this.setAttribute("undo-steps", String(this.steps.back));
  }

  private typed(event: Event): void {
    const input = event.target as HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;
    const path = input.dataset?.path;
    if (!path) return;
    if (path === "given") {
      this.step("given", (s) => {
        s.given = (input as HTMLInputElement).value === "yes";
      });
      return;
    }
    const value = typedValue(input);
    this.step(path, (s) => {
      const before = structuredClone(s.case);
      put(s.case, path, value);
      if (path.startsWith("site.")) siteFollows(s.case, before);
    });
  }

  private drawn(event: CustomEvent): void {
    const { what, shapes, mm_per_px } = event.detail as { what: string; shapes: Shape[]; mm_per_px: number | null };
    this.step(what && `region ${what}`, (s) => {
      putShapes(s.case, shapes);
      s.drawing = { ...s.drawing, mm_per_px };
    });
  }

  /** Asks what the drawing comes to: margins, what is treated, soft edges. */
  private async outline(): Promise<void> {
    const region = this.region;
    if (!region || !this.at("region")) return;
    await region.workOut(whereOf(this.now.case));
  }

  private clicked(event: Event): void {
    const button = (event.target as HTMLElement).closest<HTMLButtonElement>("button[data-action]");
    switch (button?.dataset.action) {
      case "undo":
        this.undo(false);
        break;
      case "redo":
        this.undo(true);
        break;
      case "check":
        void this.check();
        break;
      case "field":
        void this.computeField();
        break;
      case "stamps":
        void this.stamps();
        break;
      case "plan":
        void this.makePlan();
        break;
      case "published":
        this.takePublished(button);
        break;
    }
  }

  private key(event: KeyboardEvent): void {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
    // text fields keep their own undo while they have something typed
    const target = event.target as HTMLElement;
    if (target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && target.type === "text")) return;
    event.preventDefault();
    this.undo(event.shiftKey);
  }

  private takePublished(button: HTMLButtonElement): void {
    const values = JSON.parse(button.dataset.settings ?? "{}") as Settings;
    this.step("published", (s) => {
      s.trial = { ...s.trial, ...values };
    });
    if (this.panel) this.panel.settings = this.now.trial;
  }

  /** Writes the case into the form, as after undo. */
  private fill(): void {
    for (const input of this.querySelectorAll<HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement>(
      "[data-path]",
    )) {
      const path = input.dataset.path ?? "";
      if (path === "given") {
        (input as HTMLInputElement).checked = input.value === (this.now.given ? "yes" : "no");
        continue;
      }
      const value = this.at(path);
      if (input instanceof HTMLInputElement && input.type === "checkbox") input.checked = value === true;
      else if (value !== undefined && value !== null) input.value = String(value);
      else if (input instanceof HTMLSelectElement && input.dataset.default !== undefined)
        input.value = input.dataset.default;
      else input.value = "";
    }
  }

  // --- computing ----------------------------------------------------------------------------------------------------
  private follow(): void {
    this.column?.stale();
    this.coverage?.stale();
    this.slot_("derived")?.setAttribute("state", "stale");
    this.slot_("predicted")?.setAttribute("state", "stale");
    void this.derive();
    void this.simulate();
  }

  private async derive(): Promise<void> {
    const slot = this.slot_("derived");
    try {
      const answer = await this.derivedQuestions.ask(`${this.setup.live}/derived`, this.payload());
      if (!answer) return;
      const found = (await answer.json()) as { numbers: Numbered[]; errors: Record<string, string> };
      this.panel?.complain(found.errors);
      if (slot && found.numbers.length > 0) {
        slot.replaceChildren(numbers(found.numbers, "Converted numbers"));
        slot.setAttribute("state", "fresh");
      }
    } catch (error) {
      this.panel?.complain({ "": words(error) });
    }
  }

  private async simulate(): Promise<void> {
    const started = performance.now();
    const slot = this.slot_("predicted");
    try {
      const found = await this.column?.follow(this.payload());
      if (!found) return;
      this.setAttribute("redrawn-ms", (performance.now() - started).toFixed(0));
      this.setAttribute("redrawn", String(Number(this.getAttribute("redrawn") ?? 0) + 1));
      if (slot) {
        slot.replaceChildren(...predicted(found));
        slot.setAttribute("state", "fresh");
      }
      this.later();
    } catch (error) {
      if (error instanceof Refusal && error.status === 422 && error.parts[0]) {
        const field = error.parts[0].what.replace(/^settings\./, "");
        this.panel?.complain({
          [field]: `given ${error.parts[0].given}; allowed: ${error.parts[0].allowed}. ${error.parts[0].todo}`,
        });
      }
    }
  }

  private async afterColumn(): Promise<void> {
    const payload = this.payload();
    await Promise.all([this.coverage?.follow(payload), this.column?.addEnds()]).catch(() => undefined);
  }

  private async judge(): Promise<void> {
    const slot = this.slot_("limits");
    if (!slot) return;
    try {
      const answer = await this.ruleQuestions.ask(`${this.setup.live}/rules`, { case: this.caseNow() });
      if (!answer) return;
      const found = (await answer.json()) as { verdict: Verdict | null; errors: Record<string, string> };
      this.complain(found.errors);
      if (found.verdict) showVerdict(slot, found.verdict, this.setup, this.changed);
      else {
        slot.replaceChildren(
          h("p", { class: "hint" }, "The rules answer once the case is complete."),
          errorList(found.errors),
        );
        slot.setAttribute("state", "fresh");
        slot.setAttribute("verdict", "INCOMPLETE");
      }
    } catch (error) {
      slot.replaceChildren(h("p", { class: "field-error" }, words(error)));
    }
  }

  private async check(): Promise<void> {
    const slot = this.slot_("limits");
    if (!slot) return;
    slot.setAttribute("state", "working");
    slot.setAttribute("aria-busy", "true");
    try {
      const answer = await this.checkQuestions.ask(`${this.setup.live}/check`, {
        page: this.pageId,
        case: this.caseNow(),
      });
      if (answer) showVerdict(slot, (await answer.json()) as Verdict, this.setup, this.changed);
    } catch (error) {
      slot.prepend(h("p", { class: "field-error", role: "alert" }, words(error)));
      slot.setAttribute("state", "failed");
    } finally {
      slot.setAttribute("aria-busy", "false");
    }
  }

  private complain(errors: Record<string, string>): void {
    for (const input of this.querySelectorAll<HTMLElement>("[data-path]")) {
      const path = input.dataset.path ?? "";
      const place = document.getElementById(`${input.id}-error`);
      if (!place) continue;
      place.textContent = errors[path] ?? "";
      place.hidden = !errors[path];
      if (errors[path]) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
    const inPanel = Object.entries(errors).filter(([path]) => path.startsWith("settings."));
    if (inPanel.length > 0)
      this.panel?.complain(Object.fromEntries(inPanel.map(([path, text]) => [path.slice(9), text])));
  }

  private async changeDevice(): Promise<void> {
    this.column?.stale();
    this.coverage?.stale();
    try {
      const answer = await this.deviceQuestions.ask(`${this.setup.live}/device`, {
        device: this.at("device.id") ?? "",
      });
      if (!answer) return;
      this.setup.card = (await answer.json()) as Card;
    } catch (error) {
      this.panel?.complain({ "": words(error) });
      return;
    }
    // a knob that the new panel has keeps its value where it is offered there; everything else starts at the device's own
    const kept: Settings = {};
    for (const knob of this.setup.card.knobs.filter((k) => k.on_panel && k.offered)) {
      const offered = knob.offered as NonNullable<typeof knob.offered>;
      const old = this.now.trial[knob.path];
      const fits =
        old !== undefined &&
        (offered.values.length > 0 ? offered.values.includes(old) : old >= offered.low && old <= offered.high);
      kept[knob.path] = fits ? old : offered.default;
    }
    this.now.trial = kept;
    this.panel?.use(this.setup.card, kept);
    const generic = this.slot_("device-mark");
    if (generic) this.markDevice(generic);
    this.follow();
    this.rulesSoon();
  }

  private markDevice(slot: HTMLElement): void {
    const card = this.setup.card;
    slot.replaceChildren(
      card.commissioned
        ? h("p", { class: "note" }, "Commissioned: this profile was fitted to measurements of the device.")
        : h(
            "div",
            { class: "note note-warn" },
            h("strong", {}, "Generic device, not commissioned. "),
            `The profile is built from ${card.built_from}. `,
            card.assumed.length > 0 &&
              h("details", {}, h("summary", {}, `${card.assumed.length} values are assumed`), card.assumed.join(", ")),
          ),
    );
    slot.setAttribute("commissioned", String(card.commissioned));
  }

  private async computeField(): Promise<void> {
    const found = await this.field?.follow({ ...this.payload(), ...whereOf(this.now.case) });
    const scene = this.slot_("scene");
    if (!found || !scene) return;
    // three.js is large: it is loaded when there is something to show
    if (!customElements.get("colonnade-scene")) await import(scene.dataset.module ?? "");
    scene.dispatchEvent(new CustomEvent("field-ready", { detail: found }));
  }

  private async stamps(): Promise<void> {
    await this.region?.layStamps({ ...this.payload(), ...whereOf(this.now.case) });
  }

  private async makePlan(): Promise<void> {
    const place = this.slot_("job");
    if (!place || !this.setup.plan) return;
    place.hidden = false;
    const box = this.querySelector<HTMLInputElement>("[data-confirm=site]");
    if (box && !box.checked) {
      place.replaceChildren(
        h(
          "p",
          { class: "field-error", role: "alert" },
          "Confirm site and side first: the box stands below the region.",
        ),
      );
      box.focus();
      return;
    }
    await this.save();
    try {
      const answer = await post(this.setup.plan, { revision: this.setup.revision });
      const { job } = (await answer.json()) as { job: string };
      const keep = this.setup.plan.replace(/plan$/, `keep/${job}`);
      followJob(place, job, "the plan", async () => {
        const found = (await (await post(keep, {})).json()) as { plan: string; verdict: string; number: number };
        place.replaceChildren(
          h(
            "p",
            {},
            h("strong", {}, `Plan ${found.number} is made: ${found.verdict}. `),
            h("a", { href: found.plan }, "Open it"),
          ),
        );
        place.setAttribute("plan", found.plan);
      });
    } catch (error) {
      place.replaceChildren(h("p", { class: "field-error", role: "alert" }, words(error)));
    }
  }

  /** Says which site and side stand to be confirmed; an edit of them, or of the region, takes the confirmation back. */
  private siteWords(changed: boolean): void {
    const slot = this.slot_("site-words");
    const chosen = (id: string) =>
      this.querySelector<HTMLSelectElement>(`[data-path="${id}"]`)?.selectedOptions[0]?.text ?? "";
    if (slot) slot.textContent = `${chosen("site.side")} ${chosen("site.id")}`.trim();
    const box = this.querySelector<HTMLInputElement>("[data-confirm=site]");
    if (box && changed) box.checked = false;
  }

  // --- saving -------------------------------------------------------------------------------------------------------
  /** One after the other: a save that was given up half-way may have happened, and would look like somebody else's. */
  private save(): Promise<void> {
    this.saving = this.saving.then(() => this.saveNow());
    return this.saving;
  }

  private async saveNow(): Promise<void> {
    const url = this.setup.save;
    const made = this.caseNow();
    const [content, drawing] = [this.content(), { ...this.now.drawing } as unknown as Json];
    if (!url || this.saved === content) return;
    const note = this.slot_("saved");
    try {
      const answer = await post(url, { case: made, drawing, revision: this.setup.revision });
      const found = (await answer.json()) as { revision: number; saved: string };
      this.setup.revision = found.revision;
      this.saved = content;
      this.toggleAttribute("edited", this.saved !== this.content());
      this.setAttribute("revision", String(found.revision));
      if (note) note.textContent = found.saved;
    } catch (error) {
      if (note) note.textContent = `Not saved: ${words(error)}`;
    }
  }
}

// --- small pieces ---------------------------------------------------------------------------------------------------
function words(error: unknown): string {
  return error instanceof Error ? error.message : "The server cannot be reached.";
}

customElements.define("colonnade-plan", ColonnadePlan);

export { ColonnadePlan };
