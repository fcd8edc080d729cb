// Camera, light, mouse and keyboard, scale bar, labels. Parallel projection: a length is as long at the back.
import * as three from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";

export interface Label {
  text: string;
  at: three.Vector3;
  side: "left" | "right";
}

export interface Scene {
  root: three.Object3D;
  labels: Label[];
  box: three.Box3;
  /** Where the viewer stands at first, from the middle. */
  from: three.Vector3;
  scaled?(pixelsPerMm: number): void;
}

const TURN = Math.PI / 36;
/** From one label to the next, at least [pixels]. */
const ROOM = 16;

export class Stage {
  private readonly renderer: three.WebGLRenderer;
  private readonly camera = new three.OrthographicCamera(-1, 1, 1, -1, 0, 10);
  private readonly controls: OrbitControls;
  private readonly world = new three.Scene();
  private readonly lamp = new three.DirectionalLight(0xffffff, 1.6);
  private scene: Scene | null = null;
  private reach = 1;
  /** The frame that was asked for and has not come; none while nothing changes. */
  private asked: number | undefined;
  private readonly fits = new three.Vector2(1, 1);

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly overlay: HTMLElement,
    paper: string,
  ) {
    this.renderer = new three.WebGLRenderer({ canvas, antialias: true, preserveDrawingBuffer: true });
    this.renderer.localClippingEnabled = true;
    this.renderer.setClearColor(paper);
    this.world.add(new three.AmbientLight(0xffffff, 1.6), this.lamp);
    this.controls = new OrbitControls(this.camera, canvas);
    this.controls.addEventListener("change", () => this.draw());
    canvas.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.resize()).observe(canvas);
  }

  /** Shows a scene from its own first place. The one before stays usable. */
  enter(scene: Scene): void {
    if (this.scene !== null) this.world.remove(this.scene.root);
    this.scene = scene;
    this.world.add(scene.root);
    this.look(scene.from);
  }

  /** Looks at the middle of the scene from that direction, all of it in sight. */
  look(from: three.Vector3): void {
    if (this.scene === null) return;
    const middle = this.scene.box.getCenter(new three.Vector3());
    const reach = this.scene.box.getSize(new three.Vector3()).length();
    this.reach = reach;
    this.controls.target.copy(middle);
    this.camera.up.set(0, 1, 0);
    this.camera.position.copy(middle).addScaledVector(from.clone().normalize(), 2 * reach);
    this.camera.near = 0.01 * reach;
    this.camera.far = 4 * reach;
    this.camera.zoom = 1;
    this.controls.update();
    this.camera.updateMatrixWorld();
    this.fit();
    this.resize();
  }

  /** Draws with the browser's next frame, once for all changes until then; a page that nobody sees gets no frames. */
  draw(): void {
    this.asked ??= window.requestAnimationFrame(() => {
      this.asked = undefined;
      this.render();
    });
  }

  private render(): void {
    if (this.scene === null) return;
    this.lamp.position.copy(this.camera.position).add(new three.Vector3(0, this.reach, 0));
    this.scene.scaled?.(this.pixelsPerMm());
    this.renderer.render(this.world, this.camera);
    this.write();
    this.canvas.setAttribute("drawings", String(Number(this.canvas.getAttribute("drawings") ?? 0) + 1));
  }

  private pixelsPerMm(): number {
    return (this.canvas.clientHeight * this.camera.zoom) / (this.camera.top - this.camera.bottom);
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (width === 0 || height === 0) return;
    this.renderer.setPixelRatio(window.devicePixelRatio);
    this.renderer.setSize(width, height, false);
    const aspect = width / height;
    const high = Math.max(this.fits.y, this.fits.x / aspect);
    this.camera.top = high / 2;
    this.camera.bottom = -high / 2;
    this.camera.right = (high * aspect) / 2;
    this.camera.left = -this.camera.right;
    this.camera.updateProjectionMatrix();
    this.draw();
  }

  /** Width and height of what the camera must take in to see the whole scene from here, room for labels included. */
  private fit(): void {
    const { min, max } = this.scene?.box ?? new three.Box3();
    const turned = new three.Matrix4().extractRotation(this.camera.matrixWorld).invert();
    const seen = new three.Box3();
    for (let i = 0; i < 8; i++) {
      const corner = new three.Vector3(i & 1 ? min.x : max.x, i & 2 ? min.y : max.y, i & 4 ? min.z : max.z);
      seen.expandByPoint(corner.applyMatrix4(turned));
    }
    const { x, y } = seen.getSize(new three.Vector3());
    const beside = (this.scene?.labels.length ?? 0) > 0 ? 1.5 : 1.08;
    this.fits.set(x * beside, y * 1.15);
  }

  /** Arrows turn, plus and minus zoom, Home goes back to the first view. */
  private key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey || this.scene === null) return;
    const turns: Record<string, [number, number]> = {
      ArrowLeft: [-TURN, 0],
      ArrowRight: [TURN, 0],
      ArrowUp: [0, -TURN],
      ArrowDown: [0, TURN],
    };
    const turn = turns[event.key];
    if (turn !== undefined) {
      const arm = this.camera.position.clone().sub(this.controls.target);
      const where = new three.Spherical().setFromVector3(arm);
      where.theta += turn[0];
      where.phi += turn[1];
      this.camera.position.copy(this.controls.target).add(arm.setFromSpherical(where.makeSafe()));
    } else if (event.key === "+" || event.key === "=" || event.key === "-") {
      this.camera.zoom = Math.min(Math.max(this.camera.zoom * (event.key === "-" ? 1 / 1.2 : 1.2), 0.2), 200);
      this.camera.updateProjectionMatrix();
    } else if (event.key === "Home") {
      this.look(this.scene.from);
    } else {
      return;
    }
    event.preventDefault();
    this.controls.update();
    this.draw();
  }

  /** Scale bar and labels, as text over the picture. */
  private write(): void {
    if (this.scene === null) return;
    const made: HTMLElement[] = [];
    const last = { left: Number.NEGATIVE_INFINITY, right: Number.NEGATIVE_INFINITY };
    for (const { text, at, side } of this.scene.labels) {
      const seen = at.clone().project(this.camera);
      const x = ((seen.x + 1) / 2) * this.canvas.clientWidth;
      let y = ((1 - seen.y) / 2) * this.canvas.clientHeight;
      // names of layers make room for each other; of ticks too near to each other some are left out
      if (side === "right") y = Math.max(y, last.right + ROOM);
      else if (Math.abs(y - last.left) < ROOM) continue;
      last[side] = y;
      const label = document.createElement("span");
      label.className = `label ${side}`;
      label.textContent = text;
      label.style.left = `${x}px`;
      label.style.top = `${y}px`;
      made.push(label);
    }
    const perMm = this.pixelsPerMm();
    const lengths = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100];
    const length = lengths.findLast((mm) => mm * perMm <= 160) ?? 0.01;
    const bar = document.createElement("span");
    bar.className = "bar";
    bar.style.width = `${length * perMm}px`;
    bar.textContent = length < 0.1 ? `${Math.round(length * 1000)} µm` : `${length} mm`;
    this.overlay.replaceChildren(...made, bar);
  }
}
