// The panel of the virtual laser. The page shows what the server last said, and sends button presses; it decides nothing.

import { embedded, h, post, Refusal } from "./core";
import { Footswitch } from "./footswitch";
import { type Entry, line } from "./traininglog";
import { type FieldMap, say, Sheet, sheetsOf, type Words } from "./trainingmap";
import "./trainingrecord";

interface Status {
  state: string;
  t_us: number;
  fault: string | null;
  key: boolean;
  emergency_stop: boolean;
  interlock_closed: boolean;
  shutter_open: boolean;
  aiming_beam: boolean;
  pedal: boolean;
  tip: string;
  tube_C: number;
  coolant_flow: boolean;
}
interface At {
  phase: string;
  status: Partial<Status>;
  counts: { fired: number; not_fired: number; unknown: number; in_flight: number };
  step: string;
  stamp: number;
  stamps: string;
  checked: string[];
  time_out: boolean;
  grip: string;
  loaded: boolean;
  error: { what: string; given: string; allowed: string; todo: string } | null;
  record: string;
}
interface Frame {
  at: At;
  entries: Entry[];
  columns?: [number, string];
}
interface Loaded {
  map: FieldMap;
  settings: {
    zone: string;
    panel: { label: string; value: string }[];
    rows: { label: string; planned: string; machine: string; same: boolean }[];
  }[];
}

const ROWS = 300;
/** A tick of one's own stands until the server has shown it; after its answer that takes one frame of the stream [ms]. */
const SHOWN_WITHIN_MS = 2000;

class Training extends HTMLElement {
  private words: Words = {};
  private items: Words = {};
  private src = "";
  private may = false;
  private at: At | null = null;
  private letters: string[] = [];
  private map: FieldMap | null = null;
  private asked = false;
  private field: Sheet | null = null;
  private stamp: Sheet | null = null;
  /** Items whose tick was sent and has not come back yet, with what was asked for. */
  private readonly sent = new Map<string, boolean>();
  private foot: Footswitch | null = null;
  private source: EventSource | null = null;

  connectedCallback(): void {
    this.words = embedded<Words>(this, "words") ?? {};
    this.items = embedded<Words>(this, "items") ?? {};
    this.src = this.getAttribute("src") ?? "";
    this.may = this.hasAttribute("may-run");
    this.field = new Sheet(this.slotted<HTMLCanvasElement>("field"));
    this.stamp = new Sheet(this.slotted<HTMLCanvasElement>("stamp"));
    this.listen();
    if (this.may) this.buttons();
    const redraw = (): void => this.draw();
    new ResizeObserver(redraw).observe(this);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
    this.slotted("sheet").addEventListener("change", redraw);
    this.slotted("follow").addEventListener("change", redraw);
  }

  private slotted<T extends HTMLElement = HTMLElement>(name: string): T {
    return this.querySelector(`[data-slot="${name}"]`) as T;
  }

  private say(key: string, values: Record<string, unknown> = {}): string {
    return say(this.words, key, values);
  }

  // --- from the server ------------------------------------------------------------------------------------------
  private listen(): void {
    const source = new EventSource(`${this.src}/events`);
    this.source = source;
    source.addEventListener("open", () => {
      this.removeAttribute("lost");
      this.trouble("");
      // a new stream begins with everything
      this.letters = [];
      this.slotted("log").replaceChildren();
    });
    source.addEventListener("message", (event) => this.take(JSON.parse(event.data) as Frame));
    source.addEventListener("end", () => source.close());
    source.addEventListener("error", () => {
      if (this.at?.phase === "ended" || this.at?.phase === "failed") return;
      this.setAttribute("lost", "");
      this.trouble(this.say("lost"));
      this.foot?.letGo();
    });
  }

  private take(frame: Frame): void {
    const { at } = frame;
    const before = this.at;
    this.at = at;
    if (frame.columns) {
      const [first, run] = frame.columns;
      for (let k = 0; k < run.length; k++) this.letters[first + k] = run.charAt(k);
    }
    this.log(frame.entries);
    this.panel(at);
    this.steps(at);
    this.checklist(at);
    if (at.loaded && !this.asked) void this.load();
    if (!frame.columns || !before || before.stamp !== at.stamp || before.stamps.length !== at.stamps.length) this.draw();
    else this.drawRun(frame.columns[0], frame.columns[0] + frame.columns[1].length);
    this.counts(at);
    for (const name of ["phase", "step"] as const) this.setAttribute(name, at[name]);
    this.setAttribute("machine", at.status.state ?? "");
    this.setAttribute("stamp", String(at.stamp));
    this.setAttribute("stamps", at.stamps);
    if (at.phase === "ended" && at.record) location.assign(`/training/records/${at.record}`);
  }

  private async load(): Promise<void> {
    this.asked = true;
    const answer = await fetch(`${this.src}/map`, { credentials: "same-origin" });
    if (!answer.ok) {
      this.asked = false;
      return;
    }
    const loaded = (await answer.json()) as Loaded;
    this.map = loaded.map;
    const chosen = this.slotted<HTMLSelectElement>("sheet");
    chosen.replaceChildren(...sheetsOf(loaded.map, this.words).map((s) => h("option", { value: s.key }, s.label)));
    this.settings(loaded);
    this.draw();
  }

  private settings(loaded: Loaded): void {
    const template = this.slotted<HTMLTemplateElement>("settings-table");
    const parts = loaded.settings.flatMap((zone) => {
      const table = template.content.firstElementChild?.cloneNode(true) as HTMLElement;
      table.querySelector("tbody")?.append(
        ...zone.rows.map((row) =>
          h(
            "tr",
            { "data-same": String(row.same) },
            h("th", { scope: "row" }, row.label),
            h("td", {}, row.planned),
            h(
              "td",
              {},
              row.machine,
              " ",
              row.same
                ? h("span", { class: "same-mark", role: "img", "aria-label": this.say("same") }, "✓")
                : h("span", { class: "badge danger" }, this.say("differs")),
            ),
          ),
        ),
      );
      const panel = zone.panel.map((p) => `${p.label} ${p.value}`).join(" · ");
      return [h("h3", {}, zone.zone), h("p", { class: "small muted" }, panel), table];
    });
    this.slotted("settings").replaceChildren(...parts);
  }

  private log(entries: Entry[]): void {
    const list = this.slotted("log");
    for (const entry of entries) list.prepend(line(this.words, this.items, entry));
    while (list.childElementCount > ROWS) list.lastElementChild?.remove();
  }

  // --- panel ----------------------------------------------------------------------------------------------------
  private panel(at: At): void {
    const s = at.status;
    const running = at.phase === "running";
    const state = running ? (s.state ?? "off") : at.phase;
    const place = this.slotted("state");
    if (place.dataset.state !== state) place.dataset.state = state;
    this.text("state-word", running ? this.say(`state.${state}`) : this.say(`phase.${at.phase}`));
    this.text("fault-word", s.fault ? this.say(`fault.${s.fault}`) : "");
    this.text("clock", s.t_us === undefined ? "" : `${(s.t_us / 1e6).toFixed(1)} s`);
    this.text("key-word", this.say(s.key ? "on" : "off"));
    this.text("aim-word", this.say(s.aiming_beam ? "on" : "off"));
    this.lamp("door", s.interlock_closed, "closed", "open", s.interlock_closed === false);
    this.lamp("shutter", s.shutter_open, "open", "closed", false);
    this.lamp("foot", s.pedal, "pressed", "released", false);
    this.text("tip", s.tip ?? "–");
    this.slotted("tip").classList.toggle("alarm", s.fault === "tip");
    this.text("tube", s.tube_C === undefined ? "–" : `${s.tube_C.toFixed(1)} °C`);
    const on = { key: s.key, aim: s.aiming_beam, emergency_stop: s.emergency_stop };
    for (const [name, value] of Object.entries(on)) {
      this.querySelector(`button[data-press="${name}"][data-toggle]`)?.setAttribute("aria-pressed", String(value ?? false));
    }
    this.slotted("footswitch").toggleAttribute("data-down", s.pedal ?? false);
    if (!this.may) return;
    this.enable("key", running);
    this.enable("emergency_stop", running);
    this.enable("aim", running && !["off", "self_test", "fault"].includes(s.state ?? "off"));
    this.enable("ready", running && s.state === "standby");
    this.enable("standby", running && s.state === "ready");
    this.slotted<HTMLButtonElement>("footswitch").disabled = !running;
    for (const button of this.querySelectorAll<HTMLButtonElement>("button[data-fault]")) button.disabled = !running;
  }

  private enable(name: string, yes: boolean): void {
    const button = this.querySelector<HTMLButtonElement>(`button[data-press="${name}"]`);
    if (button) button.disabled = !yes;
  }

  private text(slot: string, text: string): void {
    const place = this.slotted(slot);
    if (place.textContent !== text) place.textContent = text;
  }

  private lamp(slot: string, yes: boolean | undefined, yesWord: string, noWord: string, alarm: boolean): void {
    this.text(slot, yes === undefined ? "–" : this.say(yes ? yesWord : noWord));
    this.slotted(slot).classList.toggle("alarm", alarm);
    this.slotted(slot).toggleAttribute("data-lit", yes ?? false);
  }

  private steps(at: At): void {
    this.text("step", this.say(`step.${at.step}`));
    const error = at.error;
    const place = this.slotted("error");
    place.hidden = !error;
    if (error) place.textContent = `${error.what}: ${error.given}. ${error.allowed} ${error.todo}`;
    for (const button of this.querySelectorAll<HTMLButtonElement>("button[data-steps]")) {
      const wanted = button.dataset.steps === at.step;
      if (button.hidden === wanted) button.hidden = !wanted;
    }
    const decision = this.slotted<HTMLFormElement>("decision");
    const decide = at.step === "decide";
    if (decision.hidden === decide) {
      decision.hidden = !decide;
      // every interruption is decided anew: skip, unless somebody says otherwise
      decision.reset();
      this.offerConfirmation();
    }
    if (decide) this.text("decision-stamp", this.stampWords(at, at.stamp));
    const end = this.querySelector<HTMLElement>('[data-slot="end"]');
    end?.classList.toggle("primary", at.step === "done");
  }

  private checklist(at: At): void {
    const done = new Set(at.checked);
    const boxes = this.querySelectorAll<HTMLInputElement>("input[data-item]");
    for (const box of boxes) {
      const item = box.dataset.item ?? "";
      const on = done.has(item);
      if (this.sent.get(item) === on) this.sent.delete(item);
      // a frame from before the click must not take the tick away again
      box.checked = this.sent.get(item) ?? on;
      box.disabled = !this.may || at.phase !== "running";
    }
    const badge = this.slotted("time-out-count");
    this.text("time-out-count", this.say("time_out.count", { count: done.size, all: boxes.length }));
    badge.classList.toggle("good", at.time_out);
    const details = this.slotted<HTMLDetailsElement>("time-out");
    if (!at.time_out) {
      if (details.dataset.done) details.open = true;
      delete details.dataset.done;
    } else if (!details.dataset.done && !details.contains(document.activeElement)) {
      // folded away once, when nobody is in the list any more; whoever opens it again keeps it open
      details.dataset.done = "yes";
      details.open = false;
    }
  }

  private counts(at: At): void {
    const columns = at.counts;
    const waiting = columns.not_fired + columns.in_flight;
    this.text("fired", String(columns.fired));
    this.text("not-fired", String(waiting));
    this.text("unknown", String(columns.unknown));
    const all = columns.fired + waiting + columns.unknown;
    this.slotted<HTMLProgressElement>("progress").value = all > 0 ? (columns.fired + columns.unknown) / all : 0;
    const settled = at.stamp === 0 && at.stamps.length > 0;
    this.text(
      "stamp-word",
      at.stamps.length === 0 ? "" : settled ? this.say("stamp.none", { stamps: at.stamps.length }) : this.stampWords(at, at.stamp),
    );
    // pictures in words, without a new announcement for every column
    if (at.status.state !== "firing") {
      this.slotted("field").setAttribute("aria-label", this.say("map.field", { ...columns, not_fired: waiting }));
      const stamp = this.map?.stamps[at.stamp - 1];
      if (stamp) {
        const fired = this.letters.slice(stamp.first - 1, stamp.first - 1 + stamp.columns).filter((c) => c === "F").length;
        const words = { stamp: at.stamp, fired, columns: stamp.columns };
        this.slotted("stamp").setAttribute("aria-label", this.say("map.stamp", words));
      }
    }
  }

  private stampWords(at: At, stamp: number): string {
    const state = this.say(`stamp.${at.stamps.charAt(stamp - 1)}`);
    return this.say("stamp.of", { stamp, stamps: at.stamps.length, state });
  }

  // --- map ------------------------------------------------------------------------------------------------------
  private shown(): { key: string; stamps: number[]; present: number } | null {
    const { map, at } = this;
    if (!map || !at) return null;
    const select = this.slotted<HTMLSelectElement>("sheet");
    const present = map.stamps[at.stamp - 1];
    if (present && this.slotted<HTMLInputElement>("follow").checked) select.value = `${present.zone}/${present.pass}`;
    const sheet = sheetsOf(map, this.words).find((s) => s.key === select.value);
    return sheet ? { key: sheet.key, stamps: sheet.stamps, present: at.stamp } : null;
  }

  private draw(): void {
    const shown = this.shown();
    if (!shown || !this.map) return;
    this.field?.draw(this.map, this.letters, shown.stamps, shown.present, shown.key);
    const stamp = shown.present || shown.stamps.at(-1) || 1;
    this.stamp?.draw(this.map, this.letters, [stamp], stamp, String(stamp));
  }

  private drawRun(from: number, to: number): void {
    const { map } = this;
    const shown = this.shown();
    if (!map || !shown) return;
    const within = (stamp: number): [number, number] => {
      const row = map.stamps[stamp - 1];
      return row ? [Math.max(from, row.first - 1), Math.min(to, row.first - 1 + row.columns)] : [0, 0];
    };
    for (const stamp of shown.stamps) {
      const [a, b] = within(stamp);
      if (a < b) this.field?.update(map, this.letters, a, b, shown.key);
    }
    const [a, b] = within(shown.present);
    if (a < b) this.stamp?.update(map, this.letters, a, b, String(shown.present));
  }

  // --- buttons --------------------------------------------------------------------------------------------------
  private buttons(): void {
    for (const button of this.querySelectorAll<HTMLButtonElement>("button[data-press]")) {
      button.addEventListener("click", () => {
        const { press, on } = button.dataset;
        if ("toggle" in button.dataset) void this.press(press ?? "", { on: button.getAttribute("aria-pressed") !== "true" });
        else void this.press(press ?? "", on ? { on: on === "true" } : {});
      });
    }
    for (const box of this.querySelectorAll<HTMLInputElement>("input[data-item]")) {
      box.addEventListener("change", () => void this.tick(box.dataset.item ?? "", box.checked));
    }
    for (const button of this.querySelectorAll<HTMLButtonElement>("button[data-fault]")) {
      button.addEventListener("click", () => {
        const { fault, value } = button.dataset;
        const sent: Record<string, string | number> = { kind: fault ?? "" };
        if (value) sent.value = Number(this.querySelector<HTMLSelectElement>(`#${value}`)?.value);
        void this.press("fault", sent);
      });
    }
    const decision = this.slotted<HTMLFormElement>("decision");
    decision.addEventListener("change", () => this.offerConfirmation());
    decision.addEventListener("submit", (event) => {
      event.preventDefault();
      const go = this.querySelector<HTMLInputElement>("#decide-go")?.checked ?? false;
      const still = this.querySelector<HTMLInputElement>("#not-moved")?.checked ?? false;
      void this.press("decide", { stamp: this.at?.stamp ?? 0, go_on: go, not_moved: go && still });
    });
    document.addEventListener("keydown", (event) => {
      // an open dialog and an open list have the key for themselves
      if (event.key !== "Escape" || event.repeat || document.querySelector("dialog[open]")) return;
      if (event.target instanceof HTMLSelectElement) return;
      if (this.at?.phase === "running" && !this.at.status.emergency_stop) void this.press("emergency_stop", { on: true });
    });
    this.foot = new Footswitch(
      this.slotted<HTMLButtonElement>("footswitch"),
      (on, grip) => void this.press("pedal", { on, grip }),
      (grip) => void this.quietly("hold", { grip }),
    );
  }

  private async tick(item: string, on: boolean): Promise<void> {
    this.sent.set(item, on);
    const taken = await this.press("check", { item, on });
    const forget = (): void => {
      if (this.sent.get(item) !== on) return;
      this.sent.delete(item);
      if (this.at) this.checklist(this.at);
    };
    // taken, but shown otherwise in the meantime: somebody else unticked it, and that holds
    if (taken) window.setTimeout(forget, SHOWN_WITHIN_MS);
    else forget();
  }

  private offerConfirmation(): void {
    const go = this.querySelector<HTMLInputElement>("#decide-go")?.checked ?? false;
    const place = this.querySelector<HTMLElement>(".confirm-still");
    if (place) place.hidden = !go;
  }

  /** A press whose loss is noticed elsewhere: the server misses the beat, and acts. */
  private async quietly(button: string, more: Record<string, string>): Promise<void> {
    await post(`${this.src}/press`, { do: button, ...more }).catch(() => undefined);
  }

  /** Whether the server took it; why it did not is said on the page. */
  private async press(button: string, more: Record<string, string | number | boolean>): Promise<boolean> {
    try {
      await post(`${this.src}/press`, { do: button, ...more });
      this.trouble("");
      return true;
    } catch (error) {
      this.trouble(error instanceof Refusal ? error.message : this.say("not_sent"));
      return false;
    }
  }

  private trouble(words: string): void {
    if (this.hasAttribute("lost") && words === "") return;
    const place = this.slotted("trouble");
    place.hidden = words === "";
    place.textContent = words;
  }

  disconnectedCallback(): void {
    this.source?.close();
    this.foot?.letGo();
  }
}

customElements.define("colonnade-training", Training);
