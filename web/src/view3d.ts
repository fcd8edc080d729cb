// Colonnade's three-dimensional view: columns in skin, and the field they make. One page, nothing loaded from anywhere.
import * as three from "three";
import { read } from "./view3d/data";
import { fieldScene } from "./view3d/field";
import { skinScene } from "./view3d/skin";
import { Stage } from "./view3d/stage";

const VIEWS: Record<string, three.Vector3> = {
  front: new three.Vector3(0, 0, 1),
  top: new three.Vector3(0, 1, 0.001),
  side: new three.Vector3(1, 0, 0.001),
  slanted: new three.Vector3(0.55, 0.6, 1),
};

function need<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page lacks #${id}`);
  return found as T;
}

function start(): void {
  const data = read();
  const canvas = need<HTMLCanvasElement>("picture");
  const stage = new Stage(canvas, need("overlay"), data.paper);
  const skin = skinScene(data);
  const field = fieldScene(data);

  for (const choice of document.querySelectorAll<HTMLInputElement>("input[name=scene]")) {
    choice.addEventListener("change", () => {
      document.body.dataset.scene = choice.value;
      stage.enter(choice.value === "field" ? field : skin);
    });
  }
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-view]")) {
    button.addEventListener("click", () => stage.look(VIEWS[button.dataset.view ?? ""] ?? skin.from));
  }
  const range = (id: string, act: (share: number) => void): void => {
    const input = need<HTMLInputElement>(id);
    const moved = (): void => {
      act(Number(input.value) / 100);
      stage.draw();
    };
    input.addEventListener("input", moved);
    moved();
  };
  range("cut", skin.cut);
  range("see", skin.see);
  for (const box of document.querySelectorAll<HTMLInputElement>("input[data-zone]")) {
    const moved = (): void => {
      skin.show(box.dataset.zone ?? "", box.checked);
      stage.draw();
    };
    box.addEventListener("change", moved);
    moved();
  }
  const by = need<HTMLSelectElement>("by");
  const recolour = (): void => {
    field.colourBy(by.selectedIndex);
    const value = data.field.values[by.selectedIndex];
    need("low").textContent = value?.low ?? "";
    need("high").textContent = value?.high ?? "";
    stage.draw();
  };
  by.addEventListener("change", recolour);
  recolour();
  document.body.dataset.scene = "skin";
  stage.enter(skin);
  document.body.dataset.ready = "yes";
}

try {
  start();
} catch (error) {
  const said = document.getElementById("failed");
  if (said !== null) {
    said.hidden = false;
    said.textContent = `The picture cannot be drawn here: ${error instanceof Error ? error.message : String(error)}. The browser needs WebGL 2.`;
  }
}
