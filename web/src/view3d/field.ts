// The whole field: every column a dot of its true width (and never too small to see), on the surface if there is one.
import * as three from "three";
import { type Data, floats, whole } from "./data";
import type { Scene } from "./stage";

/** Dots are drawn at least this wide [pixels]. */
const LEAST_PX = 1.6;

export function fieldScene(data: Data): Scene & { colourBy(value: number): void } {
  const { field } = data;
  const root = new three.Group();
  const at = floats(field.positions_mm);
  const shape = new three.BufferGeometry();
  shape.setAttribute("position", new three.BufferAttribute(at, 3));
  const tones = new Float32Array(at.length);
  shape.setAttribute("color", new three.BufferAttribute(tones, 3));
  const dots = new three.PointsMaterial({ vertexColors: true, map: disc(), alphaTest: 0.5, sizeAttenuation: false });
  const points = new three.Points(shape, dots);
  points.renderOrder = 2;
  root.add(points);
  const box = new three.Box3().setFromBufferAttribute(new three.BufferAttribute(at, 3));

  if (field.surface !== null) {
    const skin = new three.BufferGeometry();
    skin.setAttribute("position", new three.BufferAttribute(floats(field.surface.vertices_mm), 3));
    skin.setIndex(new three.BufferAttribute(whole(field.surface.faces), 1));
    skin.computeVertexNormals();
    const look = new three.MeshLambertMaterial({
      color: field.surface.fill,
      polygonOffset: true,
      polygonOffsetFactor: 2,
      polygonOffsetUnits: 8,
    });
    const body = new three.Mesh(skin, look);
    root.add(body);
    box.expandByObject(body);
  }
  for (const line of field.lines) {
    const look = new three.LineBasicMaterial({ color: line.colour });
    for (const part of line.points_mm) {
      const vectors = part.map(([x, y, z]) => new three.Vector3(x, y, z));
      root.add(new three.Line(new three.BufferGeometry().setFromPoints(vectors), look));
      box
        .expandByPoint(new three.Box3().setFromPoints(vectors).min)
        .expandByPoint(new three.Box3().setFromPoints(vectors).max);
    }
  }
  const palette = field.colours.map((text) => new three.Color(text));
  const colourBy = (value: number): void => {
    const shares = floats(field.values[value]?.share ?? "");
    shares.forEach((share, i) => {
      const tone = palette[Math.min(Math.floor(share * palette.length), palette.length - 1)];
      tone?.toArray(tones, 3 * i);
    });
    const colours = shape.getAttribute("color");
    colours.needsUpdate = true;
  };
  colourBy(0);
  return {
    root,
    labels: [],
    box,
    colourBy,
    from: field.surface === null ? new three.Vector3(0, 0, 1) : new three.Vector3(0.35, 0.1, 1),
    scaled(pixelsPerMm) {
      dots.size = Math.max(LEAST_PX, 2 * field.radius_mm * pixelsPerMm) * window.devicePixelRatio;
    },
  };
}

function disc(): three.Texture {
  const size = 32;
  const pixels = new Uint8Array(4 * size * size).fill(255);
  for (let i = 0; i < size * size; i++) {
    const x = (i % size) + 0.5 - size / 2;
    const y = Math.floor(i / size) + 0.5 - size / 2;
    pixels[4 * i + 3] = Math.hypot(x, y) <= size / 2 ? 255 : 0;
  }
  const made = new three.DataTexture(pixels, size, size);
  made.needsUpdate = true;
  return made;
}
