import { createHash } from "node:crypto";

import { raw } from "../html.ts";

/**
 * The part of an address after `#` never reaches a server; this takes it along into `rd`, so that one comes back to where one was.
 * Without script everything else works.
 */
const SCRIPT =
  "if(location.hash)for(const field of document.getElementsByName('rd'))field.value=field.value.split('#')[0]+location.hash;";

export const KEEP_HASH = {
  script: raw(`<script>${SCRIPT}</script>`),
  /** Lets exactly this script run. */
  source: `'sha256-${createHash("sha256").update(SCRIPT).digest("base64")}'`,
} as const;
