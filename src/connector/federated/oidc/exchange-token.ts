import type { Login } from "../../../protocol/identity.ts";
import type { SubjectToken } from "../../connector.ts";
import { denied } from "../../oauth2/api-request.ts";
import type { Claims } from "../../oidc/identity-claims.ts";
import { finishedLogin } from "../../oidc/oidc-upstream.ts";
import type { ProviderMetadata } from "../../oidc/provider-metadata.ts";
import { discovered } from "./discovered-client.ts";
import { verifyOurs } from "./id-token-flow.ts";
import { readIdentity } from "./read-identity.ts";
import { claimsOf, type Oidc } from "./verified-claims.ts";

/**
 * Sign in with a token of the upstream's (RFC 8693 §2.1).
 *
 * An ID token must be for us, or for one of the audiences that the operator listed: any client of the upstream could otherwise
 * sign in here with the tokens that its own users gave to it. An access token says nothing that could be verified, so the userinfo
 * endpoint has to know it.
 *
 * @throws {ConnectorError} `denied`, `untrusted`, `unreachable`.
 */
export async function exchangeToken(oidc: Oidc, subject: SubjectToken): Promise<Login> {
  const { metadata } = await discovered(oidc);
  const verified = await verifySubject(oidc, metadata, subject);
  const proof = { verified, accessToken: subject.token, refusedToken: denied };
  const claims = await claimsOf(oidc, metadata, proof);
  return finishedLogin(readIdentity(claims, oidc.upstream, oidc.groupsFilter), {});
}

async function verifySubject(oidc: Oidc, metadata: ProviderMetadata, { kind, token }: SubjectToken): Promise<Claims> {
  const { getUserInfo, tokenExchangeAudiences } = oidc.upstream;
  if (kind === "id_token") {
    return verifyOurs(oidc, metadata, token, {
      extraAudiences: tokenExchangeAudiences,
      anyAudience: tokenExchangeAudiences.includes("*"),
    });
  }
  if (!getUserInfo) throw denied("an access token can be exchanged only where getUserInfo is set");
  if (!/^[\x21-\x7e]+$/.test(token)) throw denied("the access token is none"); // `fetch` would name it in its error
  return {};
}
