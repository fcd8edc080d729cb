// An earlier photograph, see-through, over the new one, so that pose and distance match: over the picture of the camera
// while it is live, then over what was taken or chosen. No picture leaves the page before the form is sent.

type Trouble = "none" | "denied" | "busy" | "unsafe";
const JPEG_QUALITY = 0.95;

function fade(part: HTMLElement, strength: HTMLInputElement): void {
  const set = (): void => {
    part.style.opacity = String(Number(strength.value) / 100);
  };
  strength.addEventListener("input", set);
  set();
}

function trouble(error: unknown): Trouble {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  return name === "NotFoundError" || name === "OverconstrainedError" ? "none" : "busy";
}

/** `<colonnade-ghost input="ID">`: buttons `data-do`, sentences `data-say`, a stage with a video and two pictures. */
class Ghost extends HTMLElement {
  private url = "";
  private stream: MediaStream | null = null;

  connectedCallback(): void {
    const input = document.getElementById(this.getAttribute("input") ?? "");
    const video = this.querySelector("video");
    if (!(input instanceof HTMLInputElement) || !video) return;
    const above = this.picture("ghost");
    const strength = this.querySelector<HTMLInputElement>("input[type=range]");
    this.hidden = false;
    input.addEventListener("change", () => {
      this.close();
      this.draw(input);
    });
    this.select?.addEventListener("change", () => this.draw(input));
    if (above && strength) fade(above, strength);
    this.button("open")?.addEventListener("click", () => void this.open(input, video));
    this.button("take")?.addEventListener("click", () => void this.take(input, video));
    this.button("close")?.addEventListener("click", () => {
      this.close();
      this.draw(input);
    });
    // whoever leaves the page leaves no camera running
    window.addEventListener("pagehide", () => this.close());
    for (const pose of document.querySelectorAll<HTMLInputElement>("input[name=pose]")) {
      pose.addEventListener("change", () => this.propose(pose.value, input));
    }
    this.draw(input);
  }

  disconnectedCallback(): void {
    this.close();
  }

  private get select(): HTMLSelectElement | null {
    return this.querySelector("select");
  }

  private picture(name: string): HTMLImageElement | null {
    return this.querySelector<HTMLImageElement>(`img[data-part=${name}]`);
  }

  private button(name: string): HTMLButtonElement | null {
    return this.querySelector<HTMLButtonElement>(`button[data-do=${name}]`);
  }

  private say(...names: string[]): void {
    for (const line of this.querySelectorAll<HTMLElement>("[data-say]")) {
      line.hidden = !names.includes(line.dataset.say ?? "");
    }
  }

  /** Another pose: the latest earlier photograph of it is laid over, if an earlier one is laid over at all. */
  private propose(pose: string, input: HTMLInputElement): void {
    const select = this.select;
    if (!select?.value) return;
    const fitting = [...select.options].find((option) => option.dataset.pose === pose);
    select.value = fitting?.value ?? "";
    this.draw(input);
  }

  private async open(input: HTMLInputElement, video: HTMLVideoElement): Promise<void> {
    this.say();
    if (!navigator.mediaDevices) return this.refuse("unsafe");
    try {
      const video_ = { width: { ideal: 3840 }, height: { ideal: 2160 }, facingMode: { ideal: "environment" } };
      this.stream = await navigator.mediaDevices.getUserMedia({ video: video_, audio: false });
      video.srcObject = this.stream;
      await video.play();
    } catch (error) {
      this.close();
      return this.refuse(trouble(error));
    }
    // the earlier photograph of the chosen pose belongs over it
    const pose = document.querySelector<HTMLInputElement>("input[name=pose]:checked")?.value ?? "";
    const select = this.select;
    if (select && !select.value) {
      select.value = [...select.options].find((option) => option.dataset.pose === pose)?.value ?? "";
    }
    this.say("live");
    this.draw(input);
    this.button("take")?.focus();
  }

  private refuse(why: Trouble): void {
    this.say(why);
    this.dataset.trouble = why;
  }

  /** What the camera shows now becomes the chosen file. */
  private async take(input: HTMLInputElement, video: HTMLVideoElement): Promise<void> {
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d")?.drawImage(video, 0, 0);
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", JPEG_QUALITY));
    if (!blob) return this.refuse("busy");
    const files = new DataTransfer();
    files.items.add(new File([blob], "camera.jpg", { type: "image/jpeg" }));
    input.files = files.files;
    this.close();
    this.draw(input);
    this.say("taken");
  }

  private close(): void {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    const video = this.querySelector("video");
    if (video) video.srcObject = null;
    this.say();
  }

  private draw(input: HTMLInputElement): void {
    const live = this.stream !== null;
    const file = live ? undefined : input.files?.[0];
    const ghost = this.select?.value ?? "";
    const [stage, below, above] = [this.querySelector<HTMLElement>("[data-stage]"), this.picture("new"), this.picture("ghost")];
    const video = this.querySelector("video");
    if (!stage || !below || !above || !video) return;
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = file ? URL.createObjectURL(file) : "";
    stage.hidden = !live && !file && !ghost;
    video.hidden = !live;
    below.hidden = !this.url;
    if (this.url) below.src = this.url;
    above.hidden = !ghost;
    if (ghost) above.src = ghost;
    for (const [name, shown] of [["open", !live], ["take", live], ["close", live]] as const) {
      const button = this.button(name);
      if (button) button.hidden = !shown;
    }
    this.dataset.state = `${live ? "live" : file ? "new" : "none"}+${ghost ? "ghost" : "none"}`;
  }
}

/** `<colonnade-wipe>`: one picture over another, and a slider from the one to the other. */
class Wipe extends HTMLElement {
  connectedCallback(): void {
    const above = this.querySelector<HTMLImageElement>("img[data-part=ghost]");
    const strength = this.querySelector<HTMLInputElement>("input[type=range]");
    if (above && strength) fade(above, strength);
  }
}

customElements.define("colonnade-ghost", Ghost);
customElements.define("colonnade-wipe", Wipe);
