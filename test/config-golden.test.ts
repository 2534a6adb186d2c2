import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { renderNativeSchema } from "../scripts/native-json-schema.ts";
import { type LoadDeps, loadNativeConfiguration } from "../src/config/load.ts";
import { renderProblem } from "../src/config/problem.ts";
import { maskSecrets } from "../src/config/render-configuration.ts";

const GOLDEN = join(import.meta.dir, "golden", "config", "native");
const DOCS = join(import.meta.dir, "..", "docs");
/** Bun's five seconds are for the runs of every day. */
const FUZZ_TIMEOUT_MS = 60_000 + 10 * Number(process.env["FUZZ_RUNS"] ?? 2000);
const FUZZ = { numRuns: Number(process.env["FUZZ_RUNS"] ?? 2000) };

/** Files that the cases name, with their modes. */
const FILES: Readonly<Record<string, { readonly text: string; readonly mode: number }>> = {
  "./logo.svg": { text: "<svg/>", mode: 0o100644 },
  "./brand.css": { text: "", mode: 0o100644 },
  "/run/secrets/corp": { text: "corp's secret\r\n", mode: 0o100400 },
  "/run/secrets/grafana": { text: "grafana's secret\n", mode: 0o100640 },
  "/run/secrets/hollow": { text: "\n", mode: 0o100400 },
  "/run/secrets/open": { text: "seen by all", mode: 0o100644 },
};

function depsFor(text: string): LoadDeps {
  return {
    readFile: (path) => {
      if (path === "input.yaml") return text;
      if (path === "/run/secrets/locked") throw new Error("EACCES: permission denied");
      return FILES[path]?.text;
    },
    modeOf: (path) => {
      if (path === "/run/secrets/locked") throw new Error("EACCES: permission denied");
      return FILES[path]?.mode;
    },
    env: { CORP_SECRET: "from the environment", EMPTY: "" },
  };
}

const load = (text: string): ReturnType<typeof loadNativeConfiguration> =>
  loadNativeConfiguration(depsFor(text), "input.yaml");

const input = (name: string): string => readFileSync(join(GOLDEN, name, "input.yaml"), "utf8");

/** Compare with the file, which is there unless nothing is expected; or write it when `GOLDEN_UPDATE` is set. */
function expectGolden(path: string, actual: string): void {
  if (process.env["GOLDEN_UPDATE"] !== undefined) {
    if (actual === "") rmSync(path, { force: true });
    else writeFileSync(path, actual);
  }
  expect(actual).toBe(existsSync(path) ? readFileSync(path, "utf8") : "");
}

describe("a native file", () => {
  const names = readdirSync(GOLDEN).sort();

  test.each(names)("%s", (name) => {
    const { configuration, problems } = load(input(name));
    const resolved = configuration === undefined ? "" : `${JSON.stringify(maskSecrets(configuration), undefined, 2)}\n`;
    expectGolden(join(GOLDEN, name, "problems.txt"), problems.map((problem) => `${renderProblem(problem)}\n`).join(""));
    expectGolden(join(GOLDEN, name, "resolved.json"), resolved);
  });

  test("one that is wrong in five places gets five errors, each with its line and column, in their order", () => {
    const { configuration, problems } = load(input("five-mistakes"));
    expect(configuration).toBeUndefined();
    expect(problems.map(({ severity, line, column, path }) => ({ severity, line, column, path }))).toEqual([
      { severity: "error", line: 1, column: 12, path: "publicUrl" },
      { severity: "error", line: 3, column: 1, path: "sesion" },
      { severity: "error", line: 8, column: 55, path: "connectors[0].users[0].passwordHash" },
      { severity: "error", line: 9, column: 11, path: "connectors[1].id" },
      { severity: "error", line: 14, column: 19, path: "apps[0].rules[0].paths[0]" },
    ]);
  });

  test("secrets are read from where the file says, without the line end of a file", () => {
    const { configuration } = load(input("everything"));
    const corp = configuration?.connectors[0];
    expect(corp?.type === "oidc" && corp.clientSecret.reveal()).toBe("corp's secret");
    expect(configuration?.provider?.clients.map(({ secret }) => secret.reveal())).toEqual(["literal", ""]);
    const example = load(input("example")).configuration;
    const upstream = example?.connectors[0];
    expect(upstream?.type === "oidc" && upstream.clientSecret.reveal()).toBe("from the environment");
    expect(example?.provider?.clients[0]?.secret.reveal()).toBe("grafana's secret");
  });

  test("that everybody can read, with a secret in it, is warned about once", () => {
    const deps = { ...depsFor(input("everything")), modeOf: () => 0o100644 };
    const { configuration, problems } = loadNativeConfiguration(deps, "input.yaml");
    expect(configuration).toBeDefined();
    expect(problems.map(renderProblem)).toEqual([
      "input.yaml:16:19  connectors[0].clientSecret: warning: the secret file /run/secrets/corp can be read by everybody on this machine. Run chmod o-r /run/secrets/corp.",
      "input.yaml:51:13  clients[0].secret: warning: stands in a file that everybody on this machine can read. Run chmod o-r input.yaml, or write { env: NAME } or { file: path }.",
    ]);
  });

  test("that is not there, or cannot be read, is one problem", () => {
    const absent = loadNativeConfiguration(depsFor(""), "absent.yaml");
    expect(absent.problems.map(renderProblem)).toEqual([
      "absent.yaml  there is no such file. Name an existing file with -c.",
    ]);
    const locked = loadNativeConfiguration(depsFor(""), "/run/secrets/locked");
    expect(locked.problems.map(renderProblem)).toEqual([
      "/run/secrets/locked  cannot be read: EACCES: permission denied. Check its name and permissions.",
    ]);
  });
});

describe("hostile text", () => {
  test.each([
    ["brackets", "[".repeat(50_000)],
    ["closed brackets", `connectors: ${"[".repeat(5000)}${"]".repeat(5000)}`],
    ["braces", "{a: ".repeat(50_000)],
    ["an alias bomb", `a: &a [x,x,x,x,x,x,x,x,x]\n${bomb("abcdefghi")}connectors: *i\n`],
    ["an alias of itself", "connectors: &c [*c]\n"],
    ["an alias of nothing", "connectors: *nothing\n"],
    ["odd keys", "? [a, b]\n: c\n__proto__: { x: 1 }\nconstructor: 1\ntoString: 1\n~: 1\n"],
    ["NUL and friends", "publicUrl: \u0000\u0007\ufeff\ud800\n"],
    ["a binary tag", "publicUrl: !!binary aGVsbG8=\nlisten: !!js/function x\n"],
    ["three thousand unknown keys", Array.from({ length: 3000 }, (_, index) => `k${index}: 1\n`).join("")],
  ])("%s: problems, no exception", (_name, text) => {
    const { configuration, problems } = load(text);
    expect(configuration).toBeUndefined();
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.map(renderProblem).filter((line) => /[\n\u0000]/.test(line))).toEqual([]);
  });

  function bomb(names: string): string {
    return Array.from(names)
      .slice(1)
      .map((name, index) => `${name}: &${name} [${`*${names[index]},`.repeat(9)}]\n`)
      .join("");
  }

  /** Every answer is a configuration without errors, or errors without a configuration, each on one line. */
  function expectSound(text: string): void {
    const { configuration, problems } = load(text);
    const failed = problems.some(({ severity }) => severity === "error");
    expect(configuration === undefined).toBe(failed);
    for (const problem of problems) expect(renderProblem(problem)).not.toContain("\n");
  }

  test(
    "arbitrary text",
    () => {
      const text = fc.oneof(
        fc.string({ unit: "binary" }),
        fc.array(
          fc.constantFrom("a", ":", " ", "\n", "- ", "[", "]", "{", "}", "&a ", "*a ", "|", '"', "'", "#", "!", "\t"),
          {
            maxLength: 40,
          },
        ),
      );
      fc.assert(
        fc.property(text, (part) => expectSound(typeof part === "string" ? part : part.join(""))),
        FUZZ,
      );
    },
    FUZZ_TIMEOUT_MS,
  );

  test(
    "a valid file with a few characters or values replaced",
    () => {
      const valid = input("local-machine");
      const piece = fc.oneof(
        fc.string({ maxLength: 4, unit: "binary" }),
        fc.constantFrom("\n", "~", "[]", "{}", "&a ", "*a", "-1", "1e999", '"', ": ", "*.gatehouse.localhost", "\t"),
      );
      const edits = fc.array(fc.tuple(fc.nat(valid.length), fc.nat(6), piece), { minLength: 1, maxLength: 3 });
      fc.assert(
        fc.property(edits, (list) => {
          let text = valid;
          for (const [at, length, put] of list) text = text.slice(0, at) + put + text.slice(at + length);
          expectSound(text);
        }),
        FUZZ,
      );
    },
    FUZZ_TIMEOUT_MS,
  );

  test(
    "a valid shape with any values",
    () => {
      const keys = [
        "publicUrl",
        "listen",
        "cookie",
        "session",
        "connectors",
        "apps",
        "clients",
        "provider",
        "returnHosts",
      ];
      const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom("https://a.example", "10s", "a.b:8080"));
      const entry = fc.dictionary(
        fc.constantFrom(
          "id",
          "type",
          "users",
          "host",
          "allow",
          "public",
          "rules",
          "secret",
          "redirectUris",
          "domain",
          "idle",
        ),
        value,
        { maxKeys: 3 },
      );
      const section = fc.oneof(value, entry, fc.array(entry, { maxLength: 2 }));
      fc.assert(
        fc.property(fc.dictionary(fc.constantFrom(...keys), section, { maxKeys: 4 }), (file) => {
          expectSound(JSON.stringify(file));
        }),
        FUZZ,
      );
    },
    FUZZ_TIMEOUT_MS,
  );
});

describe("the reference", () => {
  test("docs/reference/gatehouse.schema.json is fresh (npm run docs:reference)", () => {
    expect(readFileSync(join(DOCS, "reference", "gatehouse.schema.json"), "utf8")).toBe(renderNativeSchema());
  });

  test("every key has a description for editors", () => {
    const bare: string[] = [];
    walkKeys(JSON.parse(renderNativeSchema()), "", (path, schema) => {
      if (typeof schema["description"] !== "string") bare.push(path);
    });
    expect(bare).toEqual([]);
  });

  test("every key is in docs/guide/configuration.md", () => {
    const guide = readFileSync(join(DOCS, "guide", "configuration.md"), "utf8");
    const absent: string[] = [];
    walkKeys(JSON.parse(renderNativeSchema()), "", (path) => {
      const key = path.slice(path.lastIndexOf(".") + 1);
      if (!new RegExp(`\\b${key}\\b`).test(guide)) absent.push(path);
    });
    expect(absent).toEqual([]);
  });

  // The guides from the originals show their files, not ours.
  const guides = readdirSync(join(DOCS, "guide"))
    .filter((name) => !name.startsWith("from-"))
    .map((name) => `docs/guide/${name}`);
  test.each(["README.md", ...guides])("the example in %s is right", (name) => {
    const text = readFileSync(join(DOCS, "..", name), "utf8");
    const examples = [...text.matchAll(/^ *```yaml\n( *publicUrl:[^]*?)^ *```$/gm)].map(([, example = ""]) => example);
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) expect(load(withPasswordHash(example)).problems).toEqual([]);
  });

  /** Where a guide leaves the hash to the reader. */
  function withPasswordHash(example: string): string {
    return example.replace(
      /"(?:\$2a\$10\$…|PASTE IT HERE)"/,
      '"$$2b$$12$$kX7EpJFyCQLrwnwPdvj1I.ka2sPLpCksJeRTCaplJ229FSmrDHP8q"',
    );
  }

  type Json = Readonly<Record<string, unknown>>;

  function walkKeys(schema: Json, path: string, visit: (path: string, schema: Json) => void): void {
    for (const [key, value] of Object.entries(schema)) {
      if (typeof value !== "object" || value === null) continue;
      if (key === "properties") {
        for (const [name, property] of Object.entries(value)) visit(`${path}.${name}`, property);
        for (const [name, property] of Object.entries(value)) walkKeys(property, `${path}.${name}`, visit);
      } else walkKeys(value as Json, path, visit); // an object, checked above
    }
  }
});
