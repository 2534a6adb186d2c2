import type { OidcOptions } from "../../config/connector-configuration.ts";
import type { Login } from "../../protocol/identity.ts";
import { readFixedClaims } from "./oauth2-proxy/fixed-claims.ts";
import { signInWith } from "./oauth2-proxy/verify-bearer.ts";
import { type TokenRules, verifyToken } from "./oauth2-proxy/verify-token.ts";
import { systemSchedule } from "./background-document.ts";
import { Discovery } from "./discovery.ts";
import type { OidcConnectorDeps } from "./oidc-upstream.ts";
import type { ProviderMetadata } from "./provider-metadata.ts";
import { RemoteKeys } from "./remote-keys.ts";

export interface BearerIssuerConfiguration extends Pick<OidcOptions, "audienceClaims" | "extraAudiences"> {
  readonly issuer: string;
  /** The client id that its tokens are for. */
  readonly audience: string;
}

/** Somebody whose tokens sign in, but who signs nobody in by a browser. */
export interface BearerIssuer {
  /** @returns undefined when the token does not sign in. */
  verify(token: string): Promise<Login | undefined>;
  /** Stop background work. */
  close(): void;
}

/** An issuer of bearer tokens. Its keys are those that it publishes by discovery, else those at `/.well-known/jwks.json`. */
export function createBearerIssuer(deps: OidcConnectorDeps, configuration: BearerIssuerConfiguration): BearerIssuer {
  const { clock, fetch, random = Math.random, schedule = systemSchedule } = deps;
  const { issuer, audience, ...audiences } = configuration;
  const log = deps.log.with({ issuer });
  const discovery = new Discovery({ fetch, log, random, schedule }, issuer);
  const firstAttempt = discovery.get().catch(() => undefined);
  const keys = new RemoteKeys({ clock, fetch });
  const rules: TokenRules = { ...audiences, clientId: audience };
  return {
    verify: (token) =>
      signInWith({ log }, token, async () => {
        await firstAttempt; // later ones are made in the background, so that tokens do not become traffic
        const claims = await verifyToken({ clock, keys }, discovery.current ?? undiscovered(issuer), rules, token);
        return [readFixedClaims(claims), claims];
      }),
    close: () => discovery.close(),
  };
}

function undiscovered(issuer: string): ProviderMetadata {
  return {
    issuer,
    authorizationEndpoint: "",
    tokenEndpoint: "",
    jwksUri: `${issuer.replace(/\/$/, "")}/.well-known/jwks.json`,
    signingAlgorithms: ["RS256"],
    tokenAuthenticationMethods: [],
    sendsIssuer: false,
  };
}
