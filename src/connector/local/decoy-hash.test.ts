import { expect, test } from "bun:test";
import { isPasswordHash } from "../../crypto/password-hash.ts";
import { createDecoyHash } from "./decoy-hash.ts";

test("an account always gets the same one of the configured hashes, and all of them are used", () => {
  const decoy = createDecoyHash(["cheap", "dear"]);
  const accounts = Array.from({ length: 100 }, (_, index) => `nobody-${index}@example.com`);
  const first = accounts.map((account) => decoy.for(account));
  expect(accounts.map((account) => decoy.for(account))).toEqual(first);
  expect(new Set(first)).toEqual(new Set(["cheap", "dear"]));
});

test("without configured users it is like what the store holds, and real from the beginning", () => {
  const decoy = createDecoyHash([]);
  expect(isPasswordHash(decoy.for("a@example.com"))).toBe(true);
  decoy.learn("stored");
  expect(decoy.for("a@example.com")).toBe("stored");
});
