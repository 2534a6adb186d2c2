import { constantTimeEquals } from "../../crypto/equals.ts";
import { OAuthError } from "../../protocol/oauth-error.ts";
import { type ProviderContext, isNative } from "../provider-deps.ts";
import type { Client } from "../storage-model.ts";

/** Who a client says that it is, and with what. */
export interface ClientCredentials {
  readonly id: string;
  readonly secret: string;
}

/**
 * Who is the client? HTTP Basic with form-encoded halves (RFC 6749 §2.3.1), else `client_id` and `client_secret` of the body.
 *
 * @throws {OAuthError} `invalid_client` (401) for an unknown client or a wrong secret, told apart by nothing, not even time.
 */
export async function authenticateClient(
  provider: ProviderContext,
  request: Request,
  form: URLSearchParams,
): Promise<Client> {
  const { id, secret } = readCredentials(provider, request, form);
  const client = id === "" ? undefined : await provider.store.clients.find(id);
  const matches = isClientSecret(client ?? { secret: "", public: false }, secret);
  if (client === undefined || !matches) {
    throw new OAuthError("invalid_client", "Invalid client credentials.", { status: 401 });
  }
  return client;
}

/** Constant time. A public client usually has an empty secret; the empty secret of any other proves nothing. */
export function isClientSecret(client: Pick<Client, "secret" | "public">, secret: string): boolean {
  const matches = constantTimeEquals(client.secret, secret);
  return matches && (secret !== "" || client.public);
}

/**
 * Which client asks, where dex does not want to know? In its dialect it need not say, or may say so by a bare `client_id`; what it proves
 * itself with has to be right.
 *
 * @returns undefined when it does not say.
 * @throws {OAuthError} as {@link authenticateClient}.
 */
export async function claimedClientId(
  provider: ProviderContext,
  request: Request,
  form: URLSearchParams,
): Promise<string | undefined> {
  const mustProve = isNative(provider) || basicOf(request) !== undefined || (form.get("client_secret") ?? "") !== "";
  if (mustProve) return (await authenticateClient(provider, request, form)).id;
  return form.get("client_id") || undefined;
}

/**
 * @throws {OAuthError} for a header that cannot be read.
 */
export function readCredentials(provider: ProviderContext, request: Request, form: URLSearchParams): ClientCredentials {
  const basic = basicOf(request);
  if (basic === undefined) return { id: form.get("client_id") ?? "", secret: form.get("client_secret") ?? "" };
  if (isNative(provider) && form.has("client_secret")) {
    throw new OAuthError("invalid_request", "Use one way of client authentication, not two.");
  }
  const [, id, secret = ""] = /^([^:]*):(.*)$/s.exec(Buffer.from(basic, "base64").toString()) ?? [];
  if (id === undefined) throw new OAuthError("invalid_client", "Invalid client credentials.", { status: 401 });
  return { id: decodeHalf(id, "client_id"), secret: decodeHalf(secret, "client_secret") };
}

function basicOf(request: Request): string | undefined {
  return /^Basic +([A-Za-z0-9+/=_-]+) *$/i.exec(request.headers.get("authorization") ?? "")?.[1];
}

function decodeHalf(text: string, name: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw new OAuthError("invalid_request", `${name} improperly encoded`);
  }
}
