// Bundles the TypeScript of the pages. The results are committed, so that users need no Node; a test rebuilds and compares.
// Each entry names its source and the file it becomes inside the Python package.
import { build } from "esbuild";

const PACKAGE = "../src/colonnade";
const ENTRIES = [
  // every page of the workstation: htmx, server-sent events, focus, idle warning
  { from: "src/shell.ts", to: `${PACKAGE}/workstation/static/dist/shell.js` },
  // photographs: the new one under an earlier one
  { from: "src/ghost.ts", to: `${PACKAGE}/workstation/static/dist/ghost.js` },
  // offline three-dimensional view of columns and fields: inlined into one HTML file by colonnade.reporting
  // { from: "src/view3d.ts", to: `${PACKAGE}/reporting/static/view3d.js`, format: "iife" },
];

for (const { from, to, format } of ENTRIES) {
  await build({
    entryPoints: [from],
    outfile: to,
    format: format ?? "esm",
    bundle: true,
    minify: true,
    target: "es2022",
    legalComments: "eof",
    charset: "utf8",
    logLevel: "warning",
  });
}
