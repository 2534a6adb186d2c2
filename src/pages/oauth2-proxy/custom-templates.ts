import { join } from "node:path";

import type { Log } from "../../telemetry/log.ts";
import { createTemplateSet, type TemplateSet } from "../go-template/create-template-set.ts";
import { type Functions, textFunction } from "../go-template/functions.ts";
import type { GoStruct } from "../go-template/value.ts";

export interface CustomTemplatesDeps {
  readonly readFile: (path: string) => Uint8Array;
  readonly log: Log;
}

/** The operator's own pages, as far as there are any. */
export interface CustomTemplates {
  /** The page, or undefined when there is no such template or it failed; the log then says why. */
  render(name: TemplateName, data: GoStruct): string | undefined;
  readonly robots: Uint8Array | undefined;
}

export type TemplateName = "sign_in.html" | "error.html";

const NAMES: readonly TemplateName[] = ["sign_in.html", "error.html"];

/**
 * Read and parse the templates of a folder. A file that is missing is no error: our own page is shown instead.
 *
 * @param folder empty = none.
 * @throws {Error} naming the file and line of a template that cannot be parsed, or a file that cannot be read.
 */
export function loadCustomTemplates(deps: CustomTemplatesDeps, folder: string): CustomTemplates {
  if (folder === "") return { render: () => undefined, robots: undefined };
  const sources = new Map<string, string>();
  for (const name of NAMES) {
    const bytes = readIfThere(deps, join(folder, name));
    if (bytes !== undefined) sources.set(name, new TextDecoder().decode(bytes));
  }
  const set = parseTemplates(folder, sources);
  return {
    render: (name, data) => (sources.has(name) ? renderOrLog(deps.log, set, name, data) : undefined),
    robots: readIfThere(deps, join(folder, "robots.txt")),
  };
}

/** Those of the original's pages, besides Go's own. */
const PAGE_FUNCTIONS: Functions = {
  ToUpper: textFunction((text) => text.toUpperCase()),
  ToLower: textFunction((text) => text.toLowerCase()),
};

function parseTemplates(folder: string, sources: ReadonlyMap<string, string>): TemplateSet {
  try {
    return createTemplateSet(sources, PAGE_FUNCTIONS);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `custom-templates-dir: error loading templates: failed to parse a template in ${folder}: ${reason}`,
      {
        cause,
      },
    );
  }
}

function renderOrLog(log: Log, set: TemplateSet, name: TemplateName, data: GoStruct): string | undefined {
  try {
    return set.render(name, data);
  } catch (error) {
    log.error("a custom template failed; our own page is shown instead", {
      template: name,
      reason: error instanceof Error ? error.message : String(error),
    });
    return undefined;
  }
}

function readIfThere({ readFile, log }: CustomTemplatesDeps, path: string): Uint8Array | undefined {
  try {
    return readFile(path);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code !== "ENOENT" && code !== "ENOTDIR" && code !== "EISDIR") {
      throw new Error(`custom-templates-dir: could not read ${path}; it must be readable`, { cause });
    }
    log.info("no such file among the custom templates; our own is used", { file: path });
    return undefined;
  }
}
