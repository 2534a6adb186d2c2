import { goJson } from "../../protocol/go-json.ts";
import { plainAnswer, withoutCache } from "./answers.ts";
import { authenticate } from "./authenticate.ts";
import type { OAuth2ProxyDeps } from "./deps.ts";
import type { RequestScope } from "./request-scope.ts";

/** `{prefix}/userinfo`: who is signed in, as JSON; `{}` where nobody has to be. */
export async function userinfo(deps: OAuth2ProxyDeps, scope: RequestScope): Promise<Response> {
  const authentication = await authenticate(deps, scope);
  if (authentication.outcome === "refused") return withoutCache(plainAnswer(scope, 403));
  if (authentication.outcome !== "pass") return withoutCache(plainAnswer(scope, 401));
  const headers = new Headers({ "Content-Type": "application/json" });
  for (const cookie of scope.cookies) headers.append("Set-Cookie", cookie);
  const { session } = authentication;
  if (session === undefined) return withoutCache(new Response("{}", { headers }));
  const { userId, email, groups, preferredUsername, additionalClaims = {} } = session.identity;
  const body = {
    user: userId,
    email,
    ...(groups.length > 0 ? { groups } : {}),
    ...(preferredUsername === "" ? {} : { preferredUsername }),
    ...(Object.keys(additionalClaims).length > 0 ? { additionalClaims } : {}),
  };
  return withoutCache(new Response(`${goJson(body)}\n`, { headers }));
}
