import { expect, test } from "bun:test";

import { loadDexConfiguration } from "./load-dex-configuration.ts";

function problemsOf(issuer: string): readonly string[] {
  const file = `issuer: ${JSON.stringify(issuer)}
storage: { type: memory }
web: { http: "127.0.0.1:5556" }
enablePasswordDB: true
`;
  const command = loadDexConfiguration({ readFile: () => file, env: {} }, ["serve", "dex.yaml"]);
  if (command.kind !== "serve") throw new Error(command.kind);
  return command.result.problems.filter(({ severity }) => severity === "error").map(({ message }) => message);
}

test.each([
  ["https://dex.example.com", []],
  ["https://dex.example.com/", []],
  ["https://dex.example.com/a/b", []],
  ["http://[::1]:5556/dex", []],
  ["https://dex.example.com//dex", ["the issuer's path begins with two slashes."]],
  ["https://dex.example.com/dex?x=1", ["server: can't parse issuer URL."]],
  ["https://user@dex.example.com/dex", ["server: can't parse issuer URL."]],
  ["dex.example.com", ["server: can't parse issuer URL."]],
])("the issuer %p: %j", (issuer, expected) => {
  expect(problemsOf(issuer)).toEqual(expected);
});
