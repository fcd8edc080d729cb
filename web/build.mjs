// Bundles the TypeScript of the pages. The results are committed, so that users need no Node; a test rebuilds and compares.
// Each entry names its source and the file it becomes inside the Python package.
import { readFile } from "node:fs/promises";
import { build } from "esbuild";

// another folder as argument: for the comparison
const PACKAGE = process.argv[2] ?? "../src/colonnade";
const ENTRIES = [
  // every page of the workstation: htmx, server-sent events, focus, idle warning
  { from: "src/shell.ts", to: `${PACKAGE}/workstation/static/dist/shell.js` },
  // offline three-dimensional view of columns and fields: inlined into one HTML file by colonnade.reporting
  { from: "src/view3d.ts", to: `${PACKAGE}/reporting/static/view3d.js`, format: "iife", bundled: ["three"] },
];

// The licence of each bundled package goes with it, whole.
async function licences(names) {
  const texts = names.map(async (name) => {
    const read = (file) => readFile(new URL(`node_modules/${name}/${file}`, import.meta.url), "utf8");
    const { version } = JSON.parse(await read("package.json"));
    return `/*! Contains ${name} ${version}:\n\n${(await read("LICENSE")).trim()}\n*/`;
  });
  return (await Promise.all(texts)).join("\n");
}

for (const { from, to, format, bundled } of ENTRIES) {
  await build({
    entryPoints: [from],
    outfile: to,
    format: format ?? "esm",
    bundle: true,
    minify: true,
    target: "es2022",
    legalComments: "eof",
    charset: "utf8",
    footer: { js: await licences(bundled ?? []) },
    logLevel: "warning",
  });
}
