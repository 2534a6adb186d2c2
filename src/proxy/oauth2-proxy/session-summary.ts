import type { Login } from "../../protocol/identity.ts";

/** A login as the original's log sums it up: who it is, and which tokens there are, never the tokens themselves. */
export function sessionSummary({ identity, tokens }: Login, createdAt: number): string {
  const { email, userId, preferredUsername, groups } = identity;
  const parts = [
    `email:${email} user:${userId} PreferredUsername:${preferredUsername}`,
    tokens.accessToken === undefined ? "" : "token:true",
    tokens.idToken === undefined ? "" : "id_token:true",
    `created:${goTime(createdAt)}`,
    tokens.expiresAt === undefined ? "" : `expires:${goTime(tokens.expiresAt)}`,
    tokens.refreshToken === undefined ? "" : "refresh_token:true",
    groups.length === 0 ? "" : `groups:[${groups.join(" ")}]`,
  ];
  return `Session{${parts.filter((part) => part !== "").join(" ")}}`;
}

/** @param seconds since the epoch. */
function goTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace("T", " ").replace("Z", " +0000 UTC");
}
