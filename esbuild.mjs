/**
 * Builds everything that runs: `node esbuild.mjs [--package] [--watch] [--tests]`.
 *
 *   dist/extension.js        the extension; small, because VS Code waits for it
 *   dist/sdk/*.js            one file per protocol library, loaded on first use
 *   dist/worker.js           the engine's worker thread
 *   dist/kernels.wasm        the engine's WebAssembly, from src/engine/format/kernels.as.ts
 *   dist/connectionForm.*    the connection form's page
 *   dist/panel.*             the page of properties and settings
 *   dist/test/*.js           with --tests: what runs inside VS Code's extension host
 *
 * `--package` minifies, leaves out source maps and writes `dist/ThirdPartyNotices.txt`. The sizes are printed and have limits.
 */
import { build, context } from "esbuild";
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { thirdPartyNotices } from "./test/setup/notices.mjs";

const flags = new Set(process.argv.slice(2));
const packaging = flags.has("--package");

/** Libraries that get an output file of their own, and its name. */
const sdks = {
  "@aws-sdk/client-s3": "client-s3",
  "@aws-sdk/credential-provider-ini": "credential-provider-ini",
  "@noble/ciphers/salsa.js": "salsa",
  webdav: "webdav",
};

/** What an output file may weigh at most, minified. Activation loads only extension.js. */
const limits = {
  "dist/extension.js": 725_000,
  "dist/worker.js": 200_000,
  "dist/connectionForm.js": 400_000,
  "dist/panel.js": 400_000,
  "dist/sdk/client-s3.js": 1_500_000,
  "dist/sdk/credential-provider-ini.js": 600_000,
  "dist/sdk/salsa.js": 50_000,
  "dist/sdk/webdav.js": 500_000,
};

/** Turns `import("webdav")` into a `require` of that library's own output file. */
const sdksApart = {
  name: "sdks-apart",
  setup({ onResolve }) {
    const names = new RegExp(`^(${Object.keys(sdks).join("|")})$`);
    onResolve({ filter: names }, ({ kind, path }) =>
      kind === "dynamic-import" ? { path: `./sdk/${sdks[path]}.js`, external: true } : undefined,
    );
  },
};

const common = {
  bundle: true,
  minify: packaging,
  sourcemap: !packaging,
  metafile: true,
  logLevel: "warning",
  legalComments: "none",
};

const host = {
  ...common,
  // Sentences are full of “ ” and …, which are twice as long as escapes.
  charset: "utf8",
  platform: "node",
  format: "cjs",
  target: "node22",
  external: ["vscode"],
  mainFields: ["module", "main"],
  supported: { "dynamic-import": false },
  plugins: [sdksApart],
};

const outputs = [
  { ...host, entryPoints: ["src/extension.ts"], outfile: "dist/extension.js" },
  { ...host, entryPoints: ["src/engine/threads/worker.ts"], outfile: "dist/worker.js" },
  ...Object.entries(sdks).map(([library, name]) => ({
    ...host,
    plugins: [],
    stdin: { contents: `export * from "${library}"`, resolveDir: import.meta.dirname },
    outfile: `dist/sdk/${name}.js`,
  })),
  ...["connectionForm", "panel"].map((page) => ({
    ...common,
    entryPoints: [`media/${page}.ts`],
    outfile: `dist/${page}.js`,
    platform: "browser",
    format: "iife",
    target: "es2024",
    loader: { ".ttf": "file", ".woff2": "file" },
    assetNames: "[name]",
  })),
  ...(flags.has("--tests") ? inHostTests() : []),
].filter(({ entryPoints }) => !entryPoints || entryPoints.every((path) => existsSync(path)));

if (packaging) rmSync("dist", { recursive: true, force: true });
if (existsSync("src/engine/format/buildKernels.mjs")) {
  const { buildKernels } = await import("./src/engine/format/buildKernels.mjs");
  await buildKernels("dist/kernels.wasm");
}
if (flags.has("--watch")) await watch();
else await buildOnce();

function inHostTests() {
  const files = readdirSync("test/host").filter((name) => name.endsWith(".host.ts"));
  const entryPoints = ["index.ts", ...files].map((name) => join("test/host", name));
  return [
    { ...host, minify: false, entryPoints, outdir: "dist/test", external: ["vscode", "mocha"] },
  ];
}

async function watch() {
  for (const output of outputs) {
    const { watch } = await context({ ...output, logLevel: "info" });
    await watch();
  }
}

async function buildOnce() {
  const results = await Promise.all(outputs.map((output) => build(output)));
  const problems = results.flatMap(({ metafile }) =>
    Object.entries(metafile.outputs).flatMap(([path, output]) => faults(path, output)),
  );
  if (packaging) {
    const files = results.flatMap(({ metafile }) => Object.values(metafile.outputs));
    writeFileSync("dist/ThirdPartyNotices.txt", thirdPartyNotices(files));
  }
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exit(1);
}

/** What is wrong with an output file: too heavy, or with a library inside that belongs elsewhere. */
function faults(path, { bytes, inputs }) {
  const limit = limits[path];
  if (limit === undefined) return [];
  console.log(`${path.padEnd(28)} ${(bytes / 1000).toFixed(0).padStart(6)} kB`);
  const strangers = path.startsWith("dist/sdk/")
    ? []
    : Object.keys(sdks).filter((name) =>
        Object.keys(inputs).some((input) => input.includes(`node_modules/${name}/`)),
      );
  return [
    ...(packaging && bytes > limit ? [`${path} is heavier than ${limit / 1000} kB`] : []),
    ...strangers.map((name) => `${path} contains ${name}, which belongs into dist/sdk`),
  ];
}
