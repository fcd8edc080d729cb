// How the region looks on the picture: a layer for each kind of line, the shapes with their names, the sheet of millimetres.

import type Feature from "ol/Feature";
import { Point as Dot, type LineString, type Polygon } from "ol/geom";
import type BaseLayer from "ol/layer/Base";
import ImageLayer from "ol/layer/Image";
import VectorLayer from "ol/layer/Vector";
import Projection from "ol/proj/Projection";
import Static from "ol/source/ImageStatic";
import type VectorSource from "ol/source/Vector";
import { Fill, Stroke, Style, Text } from "ol/style";

const COLOURS = { zone: "#d55e00", exclusion: "#1f2328", stamp: "#0072b2", scale: "#cc79a7" };

/** What is drawn: the shapes themselves, margins that are kept, full density, stamps, the line of the scale. */
export interface Sources {
  shapes: VectorSource<Feature<Polygon>>;
  kept: VectorSource<Feature<Polygon>>;
  soft: VectorSource<Feature<Polygon>>;
  stamps: VectorSource<Feature<Polygon>>;
  rulers: VectorSource<Feature<LineString>>;
}

/** The picture and the layers over it; `shapes` is the one whose features can be chosen. */
export function layersOf(
  { photo, width, height }: { photo: string | null; width: number; height: number },
  sources: Sources,
  chosen: (feature: Feature<Polygon>) => boolean,
): { projection: Projection; layers: BaseLayer[]; shapes: VectorLayer } {
  const extent = [0, 0, width, height];
  const projection = new Projection({ code: "picture", units: "pixels", extent });
  const layers: BaseLayer[] = [];
  if (photo) layers.push(new ImageLayer({ source: new Static({ url: photo, projection, imageExtent: extent }) }));
  else
    layers.push(
      new ImageLayer({ source: new Static({ url: millimetres(width, height), projection, imageExtent: extent }) }),
    );
  const shapes = new VectorLayer({ source: sources.shapes, style: (f) => look(f as Feature<Polygon>, chosen(f as Feature<Polygon>)) });
  layers.push(
    new VectorLayer({
      source: sources.kept,
      style: [
        new Style({
          fill: new Fill({ color: "rgba(31,35,40,0.28)" }),
          stroke: new Stroke({ color: "#ffffff", width: 3.5 }),
        }),
        new Style({ stroke: new Stroke({ color: COLOURS.exclusion, width: 2, lineDash: [1, 5], lineCap: "round" }) }),
      ],
    }),
    new VectorLayer({
      source: sources.soft,
      style: new Style({ stroke: new Stroke({ color: COLOURS.zone, width: 1.2 }) }),
    }),
    new VectorLayer({
      source: sources.stamps,
      style: new Style({ stroke: new Stroke({ color: COLOURS.stamp, width: 1.2 }) }),
    }),
    shapes,
    new VectorLayer({
      source: sources.rulers,
      style: new Style({ stroke: new Stroke({ color: COLOURS.scale, width: 3 }) }),
    }),
  );
  return { projection, layers, shapes };
}

/** How a shape is drawn, and its name above it. */
function look(feature: Feature<Polygon>, on: boolean): Style[] {
  const exclusion = feature.get("kind") === "exclusion";
  const [x0 = 0, , x1 = 0, y1 = 0] = feature.getGeometry()?.getExtent() ?? [];
  const shape = new Style({
    fill: new Fill({ color: exclusion ? "rgba(31,35,40,0.45)" : "rgba(213,94,0,0.16)" }),
    stroke: new Stroke({
      color: exclusion ? COLOURS.exclusion : COLOURS.zone,
      width: on ? 4 : 2,
      ...(exclusion ? { lineDash: [8, 5] } : {}),
    }),
  });
  // the name stands above its shape: within it would lie on what is kept out
  const name = new Style({
    geometry: new Dot([(x0 + x1) / 2, y1]),
    text: new Text({
      text: String(feature.get("name")),
      textBaseline: "bottom",
      offsetY: -3,
      font: "600 14px sans-serif",
      fill: new Fill({ color: "#1f2328" }),
      stroke: new Stroke({ color: "#ffffff", width: 4 }),
    }),
  });
  return [shape, name];
}

/** A sheet of millimetres as a picture: lines every 10 mm at ten pixels per millimetre. */
function millimetres(width: number, height: number): string {
  const sheet = document.createElement("canvas");
  sheet.width = width;
  sheet.height = height;
  const pen = sheet.getContext("2d");
  if (!pen) return "";
  pen.fillStyle = "#f3dfd0";
  pen.fillRect(0, 0, width, height);
  for (let v = 0; v <= Math.max(width, height); v += 50) {
    pen.fillStyle = v % 100 === 0 ? "#b79f8e" : "#e3cdbd";
    pen.fillRect(v, 0, 1, height);
    pen.fillRect(0, v, width, 1);
  }
  return sheet.toDataURL("image/png");
}
