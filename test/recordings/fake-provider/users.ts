import { createHash } from "node:crypto";
import type { JsonObject } from "../scenario.ts";

/** The claims of everybody who can log in at the fake provider, as in the recordings. */
export const USERS: Readonly<Record<string, JsonObject>> = {
  alice: {
    sub: "alice-sub",
    email: "alice@example.com",
    email_verified: true,
    name: "Alice W",
    preferred_username: "alice.w",
    groups: ["admins", "dev"],
    employee_id: 4711,
    org: { name: "Acme", unit: { code: "R&D", leads: ["x", "y"] } },
  },
  bob: {
    sub: "bob-sub",
    email: "bob@other.test",
    email_verified: true,
    groups: ["dev"],
    preferred_username: "bob",
  },
  carol: { sub: "carol-sub", email: "carol@example.com", email_verified: false, groups: [] },
  dave: { sub: "dave-sub", preferred_username: "dave" },
  erin: { sub: "erin-sub", email: "erin@sub.example.com", groups: [] },
  frank: { sub: "frank-sub", email: "frank@example.com", email_verified: true, groups: "single" },
  gina: { sub: "gina-sub", email: "gina@example.com", groups: [1, { a: "b" }, true, "plain"] },
  harry: { sub: "harry-sub", email: "Harry@EXAMPLE.com", email_verified: true, groups: ["Dev"] },
  mallory: { sub: "mallory-sub", email: "a@evil.test@example.com", email_verified: true },
  uni: {
    sub: "üser-1",
    email: "jürgen@example.com",
    email_verified: true,
    preferred_username: "Jürgen 🎉",
    groups: ["gruppe ä", "a,b", "c d"],
  },
  many: {
    sub: "many-sub",
    email: "many@example.com",
    email_verified: true,
    preferred_username: "many",
    groups: teams(300),
  },
  huge: { sub: "huge-sub", email: "huge@example.com", email_verified: true, groups: teams(700) },
};

/** Group names that do not compress. */
function teams(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => {
    const digest = createHash("sha256").update(String(index)).digest("hex").slice(0, 24);
    return `team-${String(index).padStart(3, "0")}-${digest}`;
  });
}
