// Bundles the TypeScript of the pages. The results are committed, so that users need no Node; a test rebuilds and compares.
// Each entry names its source and the file it becomes inside the Python package.
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { build } from "esbuild";

// another folder as argument: for the comparison
const PACKAGE = process.argv[2] ?? "../src/colonnade";
const ENTRIES = [
  // every page of the workstation: htmx, server-sent events, focus, idle warning
  { from: "src/shell.ts", to: `${PACKAGE}/workstation/static/dist/shell.js` },
  // photographs: the new one under an earlier one
  { from: "src/ghost.ts", to: `${PACKAGE}/workstation/static/dist/ghost.js` },
  // offline three-dimensional view of columns and fields: inlined into one HTML file by colonnade.reporting
  { from: "src/view3d.ts", to: `${PACKAGE}/reporting/static/view3d.js`, format: "iife" },
  // islands of the workstation; three.js comes only when there is a field to show
  { from: "src/plan.ts", to: `${PACKAGE}/workstation/static/dist/plan.js` },
  { from: "src/region.ts", to: `${PACKAGE}/workstation/static/dist/region.js` },
  { from: "src/training.ts", to: `${PACKAGE}/workstation/static/dist/training.js` },
  { from: "src/scene.ts", to: `${PACKAGE}/workstation/static/dist/scene.js` },
];

// The licence of each bundled package goes with it, whole. Which packages those are, the bundler itself says.
async function licences(inputs) {
  const names = Object.keys(inputs)
    .map((path) => /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1])
    .filter(Boolean);
  const texts = [...new Set(names)].sort().map(async (name) => {
    const folder = new URL(`node_modules/${name}/`, import.meta.url);
    const { version, license } = JSON.parse(await readFile(new URL("package.json", folder), "utf8"));
    const file = (await readdir(folder)).find((f) => /^licen[cs]e/i.test(f));
    const text = file ? await readFile(new URL(file, folder), "utf8") : `Licence: ${license}`;
    return `/*! Contains ${name} ${version}:\n\n${text.trim().replaceAll("*/", "* /")}\n*/\n`;
  });
  return (await Promise.all(texts)).join("\n");
}

for (const { from, to, format } of ENTRIES) {
  const made = await build({
    entryPoints: [from],
    bundle: true,
    format: format ?? "esm",
    minify: true,
    target: "es2022",
    legalComments: "eof",
    charset: "utf8",
    logLevel: "warning",
    metafile: true,
    write: false,
  });
  await mkdir(dirname(to), { recursive: true });
  await writeFile(to, made.outputFiles[0].text + (await licences(made.metafile.inputs)));
}
