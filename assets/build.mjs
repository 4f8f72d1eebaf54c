// Builds what src/lineofsight/ui/static/lineofsight serves. Run by maintainers: npm ci && npm run build.
// The result is committed, so nobody who installs or runs the product needs Node.

import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import * as sass from "sass";

const here = dirname(fileURLToPath(import.meta.url));
const ui = join(here, "..", "src", "lineofsight", "ui");
const out = join(ui, "static", "lineofsight");
const modules = join(here, "node_modules");

async function styles() {
  // No charset mark: it would have to be the very first bytes of the file to be harmless.
  const result = sass.compile(join(here, "src", "app.scss"), {
    style: "compressed",
    charset: false,
    loadPaths: [modules],
    quietDeps: true,
  });
  const css = result.css.replace(/^\uFEFF/, "");
  if (/GDS Transport|govuk-crest|url\([\"']?(https?:|data:|\/\/)/.test(css)) {
    throw new Error("app.css carries a restricted typeface, the crest or an outside address");
  }
  await writeFile(join(out, "app.css"), css + "\n");
}

async function scripts() {
  await esbuild.build({
    entryPoints: [join(here, "src", "app.js"), join(here, "src", "timeline.js")],
    outdir: out,
    bundle: true,
    external: ["./govuk-frontend.min.js"],
    format: "esm",
    target: "es2020",
    minify: true,
    legalComments: "none",
  });
  const frontend = await readFile(join(modules, "govuk-frontend/dist/govuk/govuk-frontend.min.js"), "utf8");
  // The map is not shipped, so the line that points at it goes too: the manifest storage refuses dead ends.
  await writeFile(join(out, "govuk-frontend.min.js"), frontend.replace(/\/\/# sourceMappingURL=\S*/, ""));
}

async function fonts() {
  const web = join(modules, "@fontsource-variable/atkinson-hyperlegible-next");
  for (const subset of ["latin", "latin-ext"]) {
    for (const style of ["normal", "italic"]) {
      const name = `atkinson-hyperlegible-next-${subset}-wght-${style}.woff2`;
      await copyFile(join(web, "files", name), join(out, "fonts", name));
    }
  }
  await copyFile(join(web, "LICENSE"), join(out, "fonts", "LICENSE"));
  await copyFile(join(web, "LICENSE"), join(ui, "fonts", "LICENSE"));
}

async function licences() {
  const parts = [];
  const shipped = [
    ["GOV.UK Frontend", "govuk-frontend"],
    ["d3-array", "d3-array"],
    ["d3-color", "d3-color"],
    ["d3-format", "d3-format"],
    ["d3-interpolate", "d3-interpolate"],
    ["d3-scale", "d3-scale"],
    ["d3-selection", "d3-selection"],
    ["d3-time", "d3-time"],
    ["d3-time-format", "d3-time-format"],
    ["internmap", "internmap"],
    ["Atkinson Hyperlegible Next", "@fontsource-variable/atkinson-hyperlegible-next"],
  ];
  for (const [title, name] of shipped) {
    const { version } = JSON.parse(await readFile(join(modules, name, "package.json"), "utf8"));
    const text = await readFile(join(modules, name, "LICENSE"), "utf8").catch(() =>
      readFile(join(here, "licences", `${name}.txt`), "utf8"),
    );
    parts.push(`${title} ${version}\n${"=".repeat(60)}\n\n${text.trim()}\n`);
  }
  await writeFile(join(out, "LICENCES.txt"), parts.join("\n\n"));
}

await mkdir(join(out, "fonts"), { recursive: true });
await mkdir(join(ui, "fonts"), { recursive: true });
await Promise.all([styles(), scripts(), fonts(), licences()]);
