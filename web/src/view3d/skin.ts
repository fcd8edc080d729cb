// A block of skin with its columns: cut open, every zone a body of revolution of its computed radius by depth.
import * as three from "three";
import type { Data, Skin } from "./data";
import type { Label, Scene } from "./stage";

/** One thousandth of the block's side: pieces of one plane are drawn so far in front of each other. */
const STEP = 1e-3;

export function skinScene(
  data: Data,
): Scene & { cut(share: number): void; see(opacity: number): void; show(zone: string, on: boolean): void } {
  const { skin } = data;
  const side = skin.side_um / 1000;
  const deep = skin.depth_um / 1000;
  const root = new three.Group();
  const plane = new three.Plane(new three.Vector3(0, 0, -1), 0);
  // the cut, and the sides of the block
  const planes = [
    plane,
    new three.Plane(new three.Vector3(0, 0, 1), side),
    new three.Plane(new three.Vector3(1, 0, 0), 0),
    new three.Plane(new three.Vector3(-1, 0, 0), side),
  ];
  const faces: three.MeshLambertMaterial[] = [];
  const bodies = new Map<string, three.Object3D[]>();
  const sections = new Map<string, three.Group>();

  for (const layer of skin.layers) {
    const top = Math.min(layer.top_um / 1000, deep);
    const bottom = Math.min(layer.bottom_um / 1000, deep);
    if (!(bottom > top)) continue;
    const material = new three.MeshLambertMaterial({
      color: layer.fill,
      transparent: true,
      opacity: 0.3,
      side: three.DoubleSide,
      depthWrite: false,
      clippingPlanes: [plane],
    });
    faces.push(material);
    const box = new three.Mesh(new three.BoxGeometry(side, bottom - top, side), material);
    box.position.set(side / 2, -(top + bottom) / 2, -side / 2);
    box.renderOrder = 20;
    root.add(box);
  }
  skin.zones.forEach((zone, k) => {
    const made = [walls(skin, k, planes), mouths(skin, k, planes, side)].filter((o) => o !== null);
    bodies.set(zone.name, made);
    root.add(...made);
    const group = new three.Group();
    sections.set(zone.name, group);
    root.add(group);
    for (const object of [...made, group]) object.visible = zone.shown;
  });
  const face = new three.Group();
  root.add(face);

  const labels: Label[] = [];
  let at = 0;
  const cut = (share: number): void => {
    at = share * side;
    plane.constant = -at;
    forget(face);
    face.clear();
    face.add(edges(side, deep, at, data.muted));
    for (const layer of skin.layers) {
      const top = Math.min(layer.top_um / 1000, deep);
      const bottom = Math.min(layer.bottom_um / 1000, deep);
      if (!(bottom > top)) continue;
      const sheet = new three.Mesh(
        new three.PlaneGeometry(side, bottom - top),
        new three.MeshBasicMaterial({ color: layer.fill }),
      );
      sheet.position.set(side / 2, -(top + bottom) / 2, -at);
      face.add(sheet);
    }
    skin.zones.forEach((zone, k) => {
      const group = sections.get(zone.name);
      if (group) forget(group);
      group?.clear();
      for (const piece of plates(skin, k, at, side)) group?.add(piece);
    });
    labels.length = 0;
    for (const layer of skin.layers) {
      const middle = (Math.min(layer.top_um, skin.depth_um) + Math.min(layer.bottom_um, skin.depth_um)) / 2000;
      if (layer.top_um < skin.depth_um) {
        labels.push({ text: layer.name, at: new three.Vector3(side * 1.01, -middle, -at), side: "right" });
      }
    }
    for (let tick = 0; tick <= deep + 1e-9; tick += tickOf(deep)) {
      labels.push({
        text: `${Number(tick.toFixed(2))} mm`,
        at: new three.Vector3(-side * 0.01, -tick, -at),
        side: "left",
      });
    }
  };
  cut(0);
  return {
    root,
    labels,
    cut,
    see(opacity) {
      for (const material of faces) material.opacity = opacity;
    },
    show(zone, on) {
      for (const object of [...(bodies.get(zone) ?? []), sections.get(zone)]) if (object) object.visible = on;
    },
    box: new three.Box3(new three.Vector3(0, -deep, -side), new three.Vector3(side, 0, 0)),
    from: new three.Vector3(0.55, 0.6, 1),
  };
}

/** Gives back what the graphics card holds of an object that will not be shown again. */
export function forget(object: three.Object3D): void {
  object.traverse((part) => {
    const { geometry, material } = part as Partial<three.Mesh>;
    geometry?.dispose();
    for (const one of material === undefined ? [] : [material].flat()) one.dispose();
  });
}

function tickOf(deep: number): number {
  return [0.1, 0.2, 0.25, 0.5, 1, 2].find((step) => deep / step <= 6) ?? 5;
}

const places = (skin: Skin): [number, number][] => skin.x_um.map((x, i) => [x / 1000, (skin.y_um[i] ?? 0) / 1000]);

/** The zone's mantle for every column: one lathe, drawn as many times as there are columns. */
function walls(skin: Skin, k: number, planes: three.Plane[]): three.Object3D | null {
  const zone = skin.zones[k];
  if (!zone) return null;
  const outline: three.Vector2[] = [];
  skin.profile_depth_um.forEach((depth, i) => {
    const radius = zone.radius_um[i] ?? 0;
    if (radius > 0 || (i > 0 && (zone.radius_um[i - 1] ?? 0) > 0))
      outline.push(new three.Vector2(radius / 1000, -depth / 1000));
  });
  if (outline.length < 2) return null;
  const smooth = fewer(outline, 0.002 * Math.max(...outline.map((point) => point.x)));
  const inner = k === skin.zones.length - 1;
  const material = new three.MeshLambertMaterial({
    color: zone.fill,
    side: three.DoubleSide,
    transparent: !inner,
    opacity: inner ? 1 : 0.28,
    depthWrite: inner,
    clippingPlanes: planes,
  });
  return instances(new three.LatheGeometry(smooth.reverse(), 40), material, skin, 0, k);
}

/** The outline with fewer points, none of which is farther from it than `off` (Ramer, Douglas, Peucker). */
function fewer(points: three.Vector2[], off: number): three.Vector2[] {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last || points.length < 3) return points;
  const along = last.clone().sub(first);
  const length = along.length() || 1;
  let worst = 0;
  let far = 0;
  points.forEach((point, i) => {
    const away = Math.abs(along.cross(point.clone().sub(first))) / length;
    if (away > far) [worst, far] = [i, away];
  });
  if (!(far > off)) return [first, last];
  return [...fewer(points.slice(0, worst + 1), off).slice(0, -1), ...fewer(points.slice(worst), off)];
}

/** The zone's disc at the surface. */
function mouths(skin: Skin, k: number, planes: three.Plane[], side: number): three.Object3D | null {
  const zone = skin.zones[k];
  const radius = (zone?.radius_um[0] ?? 0) / 1000;
  if (!zone || !(radius > 0)) return null;
  const disc = new three.CircleGeometry(radius, 40);
  disc.rotateX(-Math.PI / 2);
  const material = new three.MeshBasicMaterial({ color: zone.fill, clippingPlanes: planes, transparent: true });
  return instances(disc, material, skin, (k + 1) * STEP * side, 30 + k);
}

function instances(
  shape: three.BufferGeometry,
  material: three.Material,
  skin: Skin,
  lift: number,
  order: number,
): three.Object3D {
  const every = places(skin);
  const made = new three.InstancedMesh(shape, material, every.length);
  const matrix = new three.Matrix4();
  every.forEach(([x, y], i) => {
    made.setMatrixAt(i, matrix.makeTranslation(x, lift, -y));
  });
  made.renderOrder = order;
  made.frustumCulled = false;
  return made;
}

/** Where the cut at y = `at` meets a zone of each column: half its width there is √(r² − d²). */
function plates(skin: Skin, k: number, at: number, side: number): three.Object3D[] {
  const zone = skin.zones[k];
  if (!zone) return [];
  const made: three.Object3D[] = [];
  for (const [x, y] of places(skin)) {
    const off2 = (y - at) ** 2;
    const corners: number[] = [];
    const left: three.Vector3[] = [];
    const right: three.Vector3[] = [];
    const strip: number[] = [];
    const z = -at + (k + 1) * STEP * side;
    skin.profile_depth_um.forEach((depth, i) => {
      const radius = (zone.radius_um[i] ?? 0) / 1000;
      const before = (zone.radius_um[i - 1] ?? 0) / 1000;
      const half = Math.sqrt(Math.max(radius ** 2 - off2, 0));
      // one row past the end, where the width is 0, closes the shape
      if (!(half > 0) && !(before ** 2 > off2)) return;
      const n = corners.length / 3;
      const low = Math.max(x - half, 0);
      const high = Math.min(x + half, side);
      corners.push(low, -depth / 1000, z, high, -depth / 1000, z);
      left.push(new three.Vector3(low, -depth / 1000, z));
      right.push(new three.Vector3(high, -depth / 1000, z));
      if (n > 0) strip.push(n - 2, n, n - 1, n - 1, n, n + 1);
    });
    if (strip.length === 0) continue;
    const shape = new three.BufferGeometry();
    shape.setAttribute("position", new three.Float32BufferAttribute(corners, 3));
    shape.setIndex(strip);
    made.push(new three.Mesh(shape, new three.MeshBasicMaterial({ color: zone.fill, side: three.DoubleSide })));
    const rim = new three.BufferGeometry().setFromPoints([...left, ...right.reverse()]);
    made.push(new three.Line(rim, new three.LineBasicMaterial({ color: zone.edge })));
  }
  return made;
}

/** The edges of what the cut leaves. */
function edges(side: number, deep: number, at: number, colour: string): three.Object3D {
  const box = new three.BoxGeometry(side, deep, side - at);
  const made = new three.LineSegments(new three.EdgesGeometry(box), new three.LineBasicMaterial({ color: colour }));
  made.position.set(side / 2, -deep / 2, -(side + at) / 2);
  return made;
}
