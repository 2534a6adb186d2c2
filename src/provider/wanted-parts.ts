import type { WantedParts } from "../connector/connector.ts";

/** What an upstream is asked for beyond who somebody is, by the scopes of the client. */
export function wantedParts(scopes: readonly string[]): WantedParts {
  return { groups: scopes.includes("groups"), offlineAccess: scopes.includes("offline_access") };
}
