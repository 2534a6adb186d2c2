import { expect, test } from "bun:test";
import { inspect } from "node:util";
import { Secret } from "./secret.ts";

const secrets: readonly [string, Secret][] = [
  ["written out", new Secret("hush")],
  ["looked up", new Secret(() => "hush")],
];
test.each(secrets)("a secret shows itself only when asked: %s", (_name, secret) => {
  expect(secret.reveal()).toBe("hush");
  for (const shown of [String(secret), JSON.stringify({ secret }), inspect({ secret }, { depth: 5 })]) {
    expect(shown).not.toContain("hush");
  }
});

test("one that is looked up is looked up each time", () => {
  let value = "one";
  const secret = new Secret(() => value);
  expect(secret.reveal()).toBe("one");
  value = "two";
  expect(secret.reveal()).toBe("two");
});
