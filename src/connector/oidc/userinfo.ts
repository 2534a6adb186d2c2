import type { Claims } from "./identity-claims.ts";
import { askUpstream, type Fetch, isRecord, parseJson, untrusted } from "./upstream-request.ts";

export interface UserinfoRequest {
  readonly endpoint: string;
  readonly accessToken: string;
  /** Of the verified ID token: an answer about anybody else is refused (token substitution). */
  readonly sub: string;
}

/**
 * Ask the userinfo endpoint.
 *
 * @returns undefined when it refuses the token or answers with anything but JSON: some upstreams issue access tokens that
 *   are good for other interfaces only.
 * @throws {ConnectorError} `unreachable`; `untrusted` when it speaks of somebody else.
 * @see OpenID Connect Core §5.3.2
 */
export async function fetchUserinfo(fetch: Fetch, request: UserinfoRequest): Promise<Claims | undefined> {
  const answer = await askUpstream(fetch, {
    what: "the userinfo endpoint",
    url: request.endpoint,
    headers: { Authorization: `Bearer ${request.accessToken}` },
  });
  const claims = answer.status === 200 ? parseJson(answer.text) : undefined;
  if (!isRecord(claims)) return undefined;
  if (claims.sub !== request.sub) throw untrusted("the userinfo endpoint speaks of another subject than the ID token");
  return claims;
}
