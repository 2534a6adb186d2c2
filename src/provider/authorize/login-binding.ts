import { createHash, randomBytes } from "node:crypto";

import type { LoginTransaction } from "../../connector/connector.ts";
import { constantTimeEquals } from "../../crypto/equals.ts";
import { readCookies, serializeCookie } from "../../http/cookies.ts";
import type { ProviderContext } from "../provider-deps.ts";
import type { AuthRequest } from "../storage-model.ts";
import { wantedParts } from "../wanted-parts.ts";

/**
 * A login under way at an upstream. What it needs on the way back lies with the stored request, where any replica finds it, under
 * the names that dex keeps its PKCE verifier by, so that either program can finish what the other began.
 *
 * That a callback comes back to the browser that was sent away is proved by a cookie, whose hash is stored too: nobody can log
 * somebody else's browser in with a callback of their own (RFC 6749 §10.12). What dex began has no hash, and dex asks for none.
 */
interface StoredLogin {
  readonly codeChallenge?: string;
  readonly codeChallengeMethod?: string;
  readonly nonce?: string;
  readonly browser?: string;
}

/** How the upstream answers: by a redirect, or by a form that another site posts, which brings lax cookies along no more. */
export type ReturnWay = "redirect" | "form-post";

export interface BegunLogin {
  readonly transaction: LoginTransaction;
  /**
   * What is to be stored in the request.
   *
   * @param pkceMethod the one that the upstream was sent; undefined = none, and no verifier is to be sent either.
   */
  readonly connectorData: (pkceMethod: string | undefined) => Uint8Array;
  readonly setCookies: readonly string[];
}

/** Make what a login needs, once for each time a browser is sent away. */
export function beginLogin(
  provider: ProviderContext,
  request: Request,
  authRequest: AuthRequest,
  way: ReturnWay,
): BegunLogin {
  const cookie = cookieOf(provider, way);
  const sent =
    cookie === undefined ? undefined : readCookies(request, cookie.name).find((value) => value.length === 43);
  const secret = sent ?? randomBytes(32).toString("base64url");
  const codeChallenge = randomBytes(32).toString("base64url");
  const stored: StoredLogin = {
    nonce: randomBytes(16).toString("base64url"),
    ...(cookie === undefined ? {} : { browser: hashOf(secret) }),
  };
  return {
    transaction: transactionOf(provider, authRequest, { ...stored, codeChallenge }),
    connectorData: (pkceMethod) => {
      const pkce = pkceMethod === undefined ? {} : { codeChallenge, codeChallengeMethod: pkceMethod };
      return Buffer.from(JSON.stringify({ ...pkce, ...stored }));
    },
    setCookies: cookie === undefined || sent !== undefined ? [] : [serializeCookie({ ...cookie, value: secret })],
  };
}

/** The login that a callback finishes; undefined when another browser began it. */
export function resumeLogin(
  provider: ProviderContext,
  request: Request,
  authRequest: AuthRequest,
  way: ReturnWay,
): LoginTransaction | undefined {
  const stored = parseStored(authRequest.connectorData);
  if (stored.browser !== undefined) {
    const { name } = cookieOf(provider, way) ?? { name: "" };
    const isSame = readCookies(request, name).some((value) => constantTimeEquals(hashOf(value), stored.browser ?? ""));
    if (!isSame) return undefined;
  }
  return transactionOf(provider, authRequest, stored);
}

function transactionOf(provider: ProviderContext, authRequest: AuthRequest, stored: StoredLogin): LoginTransaction {
  return {
    connectorId: authRequest.connectorId,
    state: authRequest.id,
    nonce: stored.nonce ?? "",
    codeVerifier: stored.codeChallenge ?? "",
    redirectUri: `${provider.baseUrl}/callback`,
    wants: wantedParts(authRequest.scopes),
  };
}

/** Undefined where no cookie would come back: by a form from another site it must be `SameSite=None`, and so secure. */
function cookieOf(provider: ProviderContext, way: ReturnWay): Parameters<typeof serializeCookie>[0] | undefined {
  const secure = provider.configuration.issuer.startsWith("https://");
  if (way === "form-post" && !secure) return undefined;
  const name = `gatehouse_login${way === "form-post" ? "_post" : ""}`;
  return {
    name: secure ? `__Host-${name}` : name,
    value: "",
    path: "/",
    secure,
    httpOnly: true,
    sameSite: way === "form-post" ? "None" : "Lax",
  };
}

function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}

/** dex stores nothing for most connectors, and text of their own for some. */
function parseStored(data: Uint8Array | undefined): StoredLogin {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(data));
    if (typeof value !== "object" || value === null) return {};
    const text = (name: string): string | undefined => {
      const member: unknown = Object.entries(value).find(([key]) => key === name)?.[1];
      return typeof member === "string" ? member : undefined;
    };
    return Object.fromEntries(
      ["codeChallenge", "codeChallengeMethod", "nonce", "browser"].flatMap((name) => {
        const member = text(name);
        return member === undefined ? [] : [[name, member]];
      }),
    );
  } catch {
    return {};
  }
}
