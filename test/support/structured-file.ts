import { expect } from "bun:test";

import { loadAlphaFile } from "../../src/config/oauth2-proxy/structured/alpha-file.ts";
import { resolveStructured } from "../../src/config/oauth2-proxy/structured/resolve-structured.ts";
import { type Problem, renderProblem } from "../../src/config/problem.ts";
import { selfSigned } from "./self-signed.ts";

export const { certificate, key } = selfSigned("one");

const FILES: Readonly<Record<string, string>> = {
  "/tls.crt": certificate,
  "/tls.key": key,
  "/other.key": selfSigned("two").key,
  "/secret": "s3cret\r\n",
  "/two-lines": "a\nb\n",
};

function readFile(path: string): string {
  const text = FILES[path];
  if (text === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
  return text;
}

const PROVIDER = { id: "p", provider: "github", clientID: "c", clientSecret: "s", additionalClaims: ["org.name"] };
const ENV = { PASSWORD: "pass", LISTEN_FDS: "2", KEY: key };

/** Parts of a structured file; a provider and an address are there already. */
export type Parts = Readonly<Record<string, unknown>>;

/** What a structured file resolves to, and what is wrong with it. */
export function resolve(parts: Parts) {
  const problems: Problem[] = [];
  const text = JSON.stringify({ server: { bindAddress: ":1" }, providers: [PROVIDER], ...parts });
  const { structured, placeOf } = loadAlphaFile({ env: ENV, problems }, "a.yaml", text.replaceAll("$", "$$$$"));
  if (structured === undefined) throw new Error(problems.map(renderProblem).join("\n"));
  const result = resolveStructured({ readFile, env: ENV, problems }, structured, placeOf);
  return { result, problems: problems.map((problem) => renderProblem(problem).replace("a.yaml:1  ", "")) };
}

/** Each problem begins like this. */
export function expectProblems(parts: Parts, expected: readonly string[]): void {
  const { problems } = resolve(parts);
  expect(problems.map((problem, index) => problem.slice(0, expected[index]?.length))).toEqual([...expected]);
}
