import { Glob } from "bun";
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";

const ROOT = join(import.meta.dir, "..", "src");

/** Folder → what it may import, besides itself. `types:x` allows `import type` only. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  protocol: [],
  crypto: [],
  telemetry: [],
  config: ["protocol"],
  http: ["protocol", "telemetry"],
  runtime: ["protocol", "telemetry", "http"],
  store: ["protocol", "telemetry", "types:provider"],
  connector: ["protocol", "crypto", "telemetry", "types:config"],
  session: ["crypto", "protocol", "http", "store", "telemetry", "types:config"],
  pages: ["protocol", "http", "telemetry", "types:config"],
  login: ["session", "connector", "http", "pages", "crypto", "protocol", "store", "telemetry", "types:config"],
  proxy: ["login", "session", "connector", "http", "pages", "crypto", "protocol", "store", "telemetry", "types:config"],
  provider: [
    "login",
    "session",
    "connector",
    "http",
    "pages",
    "crypto",
    "protocol",
    "store",
    "telemetry",
    "types:config",
  ],
};

const FORBIDDEN_NAMES = new Set(["utils", "util", "helpers", "common", "services", "types", "misc"]);
const IMPORT = /^(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?"(\.{1,2}\/[^"]+)"|import\("(\.{1,2}\/[^"]+)"\)/gm;

const files = [...new Glob("**/*.{ts,tsx}").scanSync(ROOT)].sort();
const folderOf = (path: string): string => (path.includes("/") ? path.slice(0, path.indexOf("/")) : "");

describe("the house", () => {
  test("imports point down only", () => {
    const violations: string[] = [];
    for (const file of files) {
      const allowed = MAY_IMPORT[folderOf(file)];
      if (allowed === undefined || file.includes(".test.")) continue;
      const source = readFileSync(join(ROOT, file), "utf8");
      for (const match of source.matchAll(IMPORT)) {
        const target = normalize(relative(ROOT, join(ROOT, dirname(file), match[2] ?? match[3] ?? "")));
        const folder = folderOf(target);
        const isType = match[1] !== undefined;
        const permitted =
          folder === folderOf(file) || allowed.includes(folder) || (isType && allowed.includes(`types:${folder}`));
        if (!permitted) violations.push(`${file} imports ${target}`);
      }
    }
    expect(violations).toEqual([]);
  });

  test("the drop-in has one room: nothing else knows its endpoints", () => {
    const knows = files.filter((file) => {
      if (file.startsWith("proxy/oauth2-proxy/") || file === "oauth2-proxy-room.ts") return false;
      const source = readFileSync(join(ROOT, file), "utf8");
      return [...source.matchAll(IMPORT)]
        .filter((match) => match[1] === undefined)
        .map((match) => normalize(join(dirname(file), match[2] ?? match[3] ?? "")))
        .some((target) => target.startsWith("proxy/oauth2-proxy/"));
    });
    expect(knows).toEqual([]);
  });

  test("every folder of src is in the table, except the roots", () => {
    const folders = new Set(files.map(folderOf));
    folders.delete("");
    folders.delete("cli");
    expect([...folders].filter((folder) => MAY_IMPORT[folder] === undefined)).toEqual([]);
  });

  test("no file outgrows 300 lines, tables and generated text apart", () => {
    const tables = /(?:options|messages|schema|table)[^/]*\.ts$|\.test\.ts$/;
    const long = files
      .filter((file) => !tables.test(file))
      .filter((file) => readFileSync(join(ROOT, file), "utf8").split("\n").length > 301);
    expect(long).toEqual([]);
  });

  test("nothing is named after having no name", () => {
    const parts = files.flatMap((file) => file.replace(/\.tsx?$/, "").split("/"));
    expect(parts.filter((part) => FORBIDDEN_NAMES.has(part))).toEqual([]);
  });

  test("every folder introduces itself in a README of at most 20 lines", () => {
    const folders = [...new Set(files.filter((file) => file.includes("/")).map((file) => dirname(file)))];
    const wrong = folders.filter((folder) => {
      try {
        return (
          readFileSync(join(ROOT, folder, "README.md"), "utf8")
            .trimEnd()
            .split("\n").length > 20
        );
      } catch {
        return true;
      }
    });
    expect(wrong).toEqual([]);
  });

  test("only runtime/ knows Bun", () => {
    const knows = files.filter((file) => folderOf(file) !== "runtime" && !file.includes(".test."));
    expect(
      knows.filter((file) => /\bBun\.|from "bun(?::[a-z]+)?"/.test(readFileSync(join(ROOT, file), "utf8"))),
    ).toEqual([]);
  });
});
