// The footswitch of the virtual laser: held by mouse, finger, pen or key; whatever ends the hold ends the stamp.

/** How often the foot on the pedal says that it is still there [ms]; the server gives up after five missed beats. */
const HOLD_MS = 300;

export class Footswitch {
  private grip = "";
  private beat = 0;

  /** `send` tells of a press and of its release, `hold` that the foot is still there; each hold has a name of its own. */
  constructor(
    private readonly pedal: HTMLButtonElement,
    private readonly send: (on: boolean, grip: string) => void,
    private readonly hold: (grip: string) => void,
  ) {
    pedal.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || pedal.disabled) return;
      pedal.setPointerCapture(event.pointerId);
      this.stepOn();
    });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) {
      pedal.addEventListener(end, () => this.letGo());
    }
    pedal.addEventListener("contextmenu", (event) => event.preventDefault());
    pedal.addEventListener("keydown", (event) => {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      if (!event.repeat) this.stepOn();
    });
    pedal.addEventListener("keyup", (event) => {
      if (event.key === " " || event.key === "Enter") this.letGo();
    });
    window.addEventListener("blur", () => this.letGo());
    window.addEventListener("pagehide", () => this.letGo());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.letGo();
    });
  }

  private stepOn(): void {
    if (this.grip) return;
    const name = new Uint8Array(12);
    crypto.getRandomValues(name);
    const grip = [...name].map((b) => b.toString(16).padStart(2, "0")).join("");
    this.grip = grip;
    this.pedal.toggleAttribute("data-held", true);
    this.send(true, grip);
    this.beat = window.setInterval(() => this.hold(grip), HOLD_MS);
  }

  letGo(): void {
    const { grip } = this;
    if (!grip) return;
    this.grip = "";
    window.clearInterval(this.beat);
    this.pedal.toggleAttribute("data-held", false);
    this.send(false, grip);
  }
}
