import { expect, test } from "bun:test";

import { loadDexConfiguration } from "./load-dex-configuration.ts";

function warningsOf(hash: string): readonly string[] {
  const file = `issuer: https://dex.example.com
storage: { type: memory, config: {} }
web: { http: "127.0.0.1:5556" }
enablePasswordDB: true
staticPasswords: [{ email: a@example.com, userID: a, hash: "${hash}" }]
`;
  const command = loadDexConfiguration({ readFile: () => file, env: {} }, ["serve", "dex.yaml"]);
  if (command.kind !== "serve") throw new Error(command.kind);
  expect(command.result.configuration).toBeDefined();
  return command.result.problems.map(({ message }) => message);
}

const OF_COST = (cost: string): string => `$2a$${cost}$2b2cU8CPhOTaGrs1HRQuAueS7JTT5ZHsHSzYiFPm1leZck7Mc8T4W`;

test.each([
  ["10", []],
  ["16", []],
  ["04", ["a bcrypt hash of cost 4: whoever gets hold of it guesses the password fast."]],
  ["17", ["a bcrypt hash of cost 17: nobody can sign in with it."]],
])("a hash of cost %s: %j", (cost, expected) => {
  expect(warningsOf(OF_COST(cost))).toEqual(expected);
});
