import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { renderDifferences } from "../src/config/dex/differences/render-differences.ts";
import { renderDexReference } from "../src/config/dex/render-reference.ts";
import { renderOauth2ProxyReference } from "../src/config/oauth2-proxy/render-reference.ts";
import { renderNativeSchema } from "./native-json-schema.ts";

const REFERENCE = join(import.meta.dir, "..", "docs", "reference");

/** File in `docs/reference` → what writes it. */
const GENERATORS: Readonly<Record<string, () => string>> = {
  "gatehouse.schema.json": renderNativeSchema,
  "dex-options.md": renderDexReference,
  "differences-from-dex.md": renderDifferences,
  "oauth2-proxy-options.md": renderOauth2ProxyReference,
};

mkdirSync(REFERENCE, { recursive: true });
for (const [file, render] of Object.entries(GENERATORS)) {
  writeFileSync(join(REFERENCE, file), render());
  console.log(`docs/reference/${file}`);
}
