import { jsonResponse } from "../http/json-response.ts";
import { goJson } from "../protocol/go-json.ts";
import type { Identity } from "../protocol/identity.ts";
import { plainText } from "./readiness.ts";

/** `{prefix}/userinfo`: who is signed in, in oauth2-proxy's words, byte for byte; 401 for a stranger. */
export function renderUserinfo(identity: Identity | undefined, setCookies: readonly string[]): Response {
  const response = identity === undefined ? plainText(401, "Unauthorized\n") : known(identity);
  for (const [name, value] of Object.entries(NEVER_CACHED)) response.headers.set(name, value);
  for (const cookie of setCookies) response.headers.append("Set-Cookie", cookie);
  return response;
}

const NEVER_CACHED = {
  "Cache-Control": "no-cache, no-store, must-revalidate, max-age=0",
  Expires: "Thu, 01 Jan 1970 00:00:00 UTC",
  "X-Accel-Expires": "0",
};

function known(identity: Identity): Response {
  const body = {
    user: identity.userId,
    email: identity.email,
    ...(identity.groups.length > 0 ? { groups: identity.groups } : {}),
    ...(identity.preferredUsername === "" ? {} : { preferredUsername: identity.preferredUsername }),
  };
  return jsonResponse(200, `${goJson(body)}\n`);
}
