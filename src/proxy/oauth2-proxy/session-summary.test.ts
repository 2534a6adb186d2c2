import { expect, test } from "bun:test";

import { sessionSummary } from "./session-summary.ts";

const IDENTITY = {
  userId: "alice-sub",
  username: "Alice",
  preferredUsername: "alice.w",
  email: "alice@example.com",
  emailVerified: true,
  groups: ["admins", "dev"],
};

test("a summary names the person and which tokens there are", () => {
  const tokens = { accessToken: "SECRET-1", idToken: "SECRET-2", refreshToken: "SECRET-3", expiresAt: 3600 };
  expect(sessionSummary({ identity: IDENTITY, tokens }, 1.5)).toBe(
    "Session{email:alice@example.com user:alice-sub PreferredUsername:alice.w token:true id_token:true " +
      "created:1970-01-01 00:00:01.500 +0000 UTC expires:1970-01-01 01:00:00.000 +0000 UTC refresh_token:true groups:[admins dev]}",
  );
});

test("what is not there is left out", () => {
  expect(sessionSummary({ identity: { ...IDENTITY, groups: [] }, tokens: {} }, 0)).toBe(
    "Session{email:alice@example.com user:alice-sub PreferredUsername:alice.w created:1970-01-01 00:00:00.000 +0000 UTC}",
  );
});
