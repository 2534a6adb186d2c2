import { join } from "node:path";

import type { FrontendConfiguration } from "../../config/provider-configuration.ts";
import { type TemplateSet, createTemplateSet } from "../go-template/create-template-set.ts";
import { takes, text } from "../go-template/functions.ts";
import { relativeUrl } from "./relative-url.ts";
import { SPRIG_FUNCTIONS } from "./sprig-functions.ts";

/** Without these dex's release does not start; those of newer versions may be missing. */
const REQUIRED = [
  "approval.html",
  "login.html",
  "password.html",
  "oob.html",
  "error.html",
  "device.html",
  "device_success.html",
];

export interface WebFolderDeps {
  readonly readFile: (path: string) => Uint8Array;
  /** Names in a folder. */
  readonly readFolder: (path: string) => readonly string[];
}

/** dex's web folder, read and parsed. */
export interface WebFolder {
  readonly templates: TemplateSet;
  readonly robots: Uint8Array;
  /** Folders that are served as they are. */
  readonly staticFolder: string;
  readonly themeFolder: string;
}

/**
 * Read the folder that `frontend.dir` names (dex reference §11.1).
 *
 * @param root path of the issuer.
 * @throws {Error} naming what is missing, or the file and line of a template that cannot be parsed.
 */
export function loadWebFolder(deps: WebFolderDeps, frontend: FrontendConfiguration, root: string): WebFolder {
  const { directory, theme } = frontend;
  const themeFolder = join(directory, "themes", theme);
  const staticFolder = join(directory, "static");
  for (const folder of [staticFolder, themeFolder]) attempt(`read folder ${folder}`, () => deps.readFolder(folder));
  const robots = attempt(`read ${join(directory, "robots.txt")}`, () => deps.readFile(join(directory, "robots.txt")));
  return { templates: loadTemplates(deps, frontend, root), robots, staticFolder, themeFolder };
}

function loadTemplates(deps: WebFolderDeps, frontend: FrontendConfiguration, root: string): TemplateSet {
  const folder = join(frontend.directory, "templates");
  const names = attempt(`read folder ${folder}`, () => deps.readFolder(folder)).filter((name) =>
    name.endsWith(".html"),
  );
  const sources = new Map(
    names.map((name) => [
      name,
      new TextDecoder().decode(attempt(`read ${name}`, () => deps.readFile(join(folder, name)))),
    ]),
  );
  const set = attempt(`parse a template in ${folder}`, () => createTemplateSet(sources, functionsOf(frontend, root)));
  const missing = REQUIRED.filter((name) => !set.has(name));
  if (missing.length > 0) throw new Error(`frontend.dir: missing template(s): [${missing.join(" ")}]`);
  return set;
}

function functionsOf(
  { issuer, logoUrl, extra }: FrontendConfiguration,
  root: string,
): Parameters<typeof createTemplateSet>[1] {
  return {
    ...SPRIG_FUNCTIONS,
    issuer: takes(0, 0, () => issuer),
    logo: takes(0, 0, () => logoUrl),
    extra: takes(1, 1, ([name]) => extra[text(name)] ?? ""),
    url: takes(2, 2, ([pagePath, asset]) => relativeUrl(root, text(pagePath), text(asset))),
  };
}

function attempt<T>(what: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`frontend.dir: cannot ${what}: ${reason}`, { cause });
  }
}
