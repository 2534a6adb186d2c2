import { describe, expect, test } from "bun:test";

import type { AppConfiguration } from "../config/configuration.ts";
import type { Identity } from "../protocol/identity.ts";
import { constrain, meetsConstraints } from "./query-constraints.ts";

const APP: AppConfiguration = { host: "app.test", name: "app", access: { kind: "public" }, rules: [] };
const alice = identity("alice@example.com", ["admins", "dev"]);

function identity(email: string, groups: readonly string[], emailVerified = true): Identity {
  return { userId: "u", username: "", preferredUsername: "", email, emailVerified, groups };
}

function outcome(query: string, subject: Identity = alice): string {
  return constrain({ outcome: "allow", app: APP, subject }, query).outcome;
}

describe("constraints in the query of a check", () => {
  // As the original answers, except where it fails open.
  const rows: readonly [query: string, expected: "allow" | "forbid"][] = [
    ["", "allow"],
    ["allowed_groups=dev", "allow"],
    ["allowed_groups=ops", "forbid"],
    ["allowed_groups=ops,dev", "allow"],
    ["allowed_groups=ops&allowed_groups=dev", "allow"],
    ["allowed_groups=%20dev%20", "forbid"],
    ["allowed_groups=DEV", "forbid"],
    ["allowed_group=ops", "allow"],
    ["allowed_emails=alice@example.com", "allow"],
    ["allowed_emails=bob@other.test,alice@example.com", "allow"],
    ["allowed_emails=Alice@Example.com", "forbid"],
    ["allowed_emails=alice+x@example.com", "forbid"],
    ["allowed_email_domains=example.com", "allow"],
    ["allowed_email_domains=other.test,example.com", "allow"],
    ["allowed_email_domains=.example.com", "allow"],
    ["allowed_email_domains=*.example.com", "allow"],
    ["allowed_email_domains=*", "forbid"],
    ["allowed_email_domains=.", "forbid"],
    ["allowed_email_domains=EXAMPLE.com", "forbid"],
    ["allowed_email_domains=ample.com", "forbid"],
    ["allowed_email_domains=.ample.com", "forbid"],
    ["allowed_email_domains=@example.com", "forbid"],
    ["allowed_email_domains=example.com:80", "forbid"],
    ["allowed_groups=dev&allowed_emails=alice@example.com", "allow"],
    ["allowed_groups=dev&allowed_emails=x@y.z", "forbid"],
    ["allowed_groups=ops&allowed_emails=alice@example.com", "forbid"],
  ];
  test.each(rows)("%p: %p", (query, expected) => {
    expect(outcome(query)).toBe(expected);
  });

  test.each([
    "allowed_groups=",
    "allowed_groups",
    "allowed_groups=,,",
    "allowed_emails=",
    "allowed_email_domains=",
    "allowed_groups=dev;x",
    "x=1;allowed_groups=dev",
    "allowed_groups=%zz",
    "allowed_groups=dev&x=%",
    "allowed%5Fgroups=",
  ])("%p forbids, where the original lets everybody pass", (query) => {
    expect(outcome(query)).toBe("forbid");
  });

  test("several at signs make no domain", () => {
    const mallory = identity("a@evil.test@example.com", []);
    expect(outcome("allowed_email_domains=example.com", mallory)).toBe("forbid");
    expect(outcome("allowed_email_domains=evil.test", mallory)).toBe("forbid");
  });

  test("an address nobody vouches for meets no constraint", () => {
    const unverified = identity("alice@example.com", ["dev"], false);
    expect(outcome("allowed_emails=alice@example.com", unverified)).toBe("forbid");
    expect(outcome("allowed_email_domains=example.com", unverified)).toBe("forbid");
    expect(outcome("allowed_groups=dev", unverified)).toBe("allow");
  });

  test("the drop-in does not ask whether somebody vouches for an address", () => {
    const subject = identity("alice@example.com", [], false);
    for (const query of ["allowed_emails=alice@example.com", "allowed_email_domains=example.com"]) {
      expect(meetsConstraints(query, { subject, verifiedEmailOnly: false })).toBe(true);
    }
  });

  test("a stranger in a public place has to sign in", () => {
    expect(constrain({ outcome: "allow", app: APP }, "allowed_groups=dev")).toEqual({
      outcome: "sign-in",
      app: APP,
    });
    expect(constrain({ outcome: "allow", app: APP }, "x=1").outcome).toBe("allow");
  });

  test("nothing is widened", () => {
    const forbidden = { outcome: "forbid", reason: "no-app" } as const;
    expect(constrain(forbidden, "allowed_groups=dev")).toBe(forbidden);
  });
});

test("long lists of groups cost no more than their length, and not the one times the other", () => {
  const member = identity(
    "alice@example.com",
    Array.from({ length: 30_000 }, (_, index) => `group-${100_000 + index}`),
  );
  const asked = { subject: member, verifiedEmailOnly: false };
  expect(meetsConstraints(`allowed_groups=${"group-999999,".repeat(400_000)}`, asked)).toBe(false);
  expect(meetsConstraints(`allowed_groups=${"group-999999,".repeat(400_000)}group-129999`, asked)).toBe(true);
}, 5000);
