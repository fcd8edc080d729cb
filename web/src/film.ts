// The film under a picture: play, single steps, a slider of time. It runs only while somebody can see it.

import { h } from "./core";

/** A number that no other element of the page has had. */
let made = 0;

export class Film {
  readonly element: HTMLElement;
  private readonly slider = h("input", { type: "range", min: 0, max: 0, value: 0, step: 1 });
  private readonly clock = h("output", { class: "film-clock" });
  private readonly button = h("button", { type: "button", class: "quiet film-play" }, "Play");
  private readonly still = matchMedia("(prefers-reduced-motion: reduce)");
  private readonly watcher: IntersectionObserver;
  private timer: number | undefined;
  private playing = false;
  private inSight = false;

  /** `owner` shows the pictures; `show` draws the one that `at` names. */
  constructor(
    private readonly owner: HTMLElement,
    private readonly show: () => void,
    private readonly frameMs: number,
  ) {
    made += 1;
    this.slider.id = `film-${made}`;
    const step = (words: string, sign: string, by: number) =>
      h(
        "button",
        { type: "button", class: "quiet", onclick: () => this.step(by) },
        h("span", { "aria-hidden": "true" }, sign),
        h("span", { class: "visually-hidden" }, words),
      );
    this.button.addEventListener("click", () => (this.playing ? this.stop() : this.play()));
    this.slider.addEventListener("input", () => {
      this.stop();
      this.show();
    });
    this.element = h(
      "div",
      { class: "film", role: "group", "aria-label": "Film", hidden: true },
      this.button,
      step("One picture back", "◀", -1),
      step("One picture on", "▶", 1),
      h("label", { for: this.slider.id }, "Time"),
      this.slider,
      this.clock,
    );
    // whoever wants no motion steps through the pictures; nothing plays, and nothing ever plays by itself
    const motion = () => {
      this.button.hidden = this.still.matches;
      if (this.still.matches) this.stop();
    };
    this.still.addEventListener("change", motion);
    motion();
    this.watcher = new IntersectionObserver((entries) => {
      this.inSight = entries.at(-1)?.isIntersecting ?? false;
      this.turn();
    });
    this.watcher.observe(owner);
    document.addEventListener("visibilitychange", () => this.turn());
  }

  /** Number of the picture that is shown. */
  get at(): number {
    return Number(this.slider.value);
  }

  /** Begins anew with so many pictures, at one of them; the last one unless said. */
  load(count: number, at = count - 1): void {
    this.stop();
    this.slider.max = String(count - 1);
    this.slider.value = String(at);
  }

  /** What the clock shows, and what is read with the slider. */
  say(words: string): void {
    this.clock.textContent = words;
    this.slider.setAttribute("aria-valuetext", words);
  }

  stop(): void {
    this.playing = false;
    this.tell();
  }

  private play(): void {
    this.playing = true;
    if (this.at >= Number(this.slider.max)) this.go(0);
    this.tell();
  }

  private step(by: number): void {
    this.stop();
    this.go(Math.min(Math.max(this.at + by, 0), Number(this.slider.max)));
  }

  private go(to: number): void {
    this.slider.value = String(to);
    this.show();
  }

  private tell(): void {
    this.button.textContent = this.playing ? "Pause" : "Play";
    this.owner.toggleAttribute("playing", this.playing);
    this.turn();
  }

  /** The clock ticks only while the film plays in a picture that is in sight, in a tab that is looked at. */
  private turn(): void {
    const wanted = this.playing && this.inSight && document.visibilityState === "visible";
    if (wanted === (this.timer !== undefined)) return;
    if (!wanted) {
      window.clearInterval(this.timer);
      this.timer = undefined;
      return;
    }
    this.timer = window.setInterval(() => {
      if (this.at >= Number(this.slider.max)) this.stop();
      else this.go(this.at + 1);
    }, this.frameMs);
  }
}
