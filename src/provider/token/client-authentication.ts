import { constantTimeEquals } from "../../crypto/equals.ts";
import { OAuthError } from "../../protocol/oauth-error.ts";
import { type ProviderContext, isNative } from "../provider-deps.ts";
import type { Client } from "../storage-model.ts";

interface Credentials {
  readonly id: string;
  readonly secret: string;
}

/**
 * Who is the client? HTTP Basic with form-encoded halves (RFC 6749 §2.3.1), else `client_id` and `client_secret` of the body.
 * A public client has an empty secret.
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
  const matches = constantTimeEquals(client?.secret ?? "", secret);
  if (client === undefined || !matches) {
    throw new OAuthError("invalid_client", "Invalid client credentials.", { status: 401 });
  }
  return client;
}

function readCredentials(provider: ProviderContext, request: Request, form: URLSearchParams): Credentials {
  const basic = /^Basic +([A-Za-z0-9+/=_-]+) *$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  if (basic === undefined) return { id: form.get("client_id") ?? "", secret: form.get("client_secret") ?? "" };
  if (isNative(provider) && form.has("client_secret")) {
    throw new OAuthError("invalid_request", "Use one way of client authentication, not two.");
  }
  const [, id, secret = ""] = /^([^:]*):(.*)$/s.exec(Buffer.from(basic, "base64").toString()) ?? [];
  if (id === undefined) throw new OAuthError("invalid_client", "Invalid client credentials.", { status: 401 });
  return { id: decodeHalf(id, "client_id"), secret: decodeHalf(secret, "client_secret") };
}

function decodeHalf(text: string, name: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw new OAuthError("invalid_request", `${name} improperly encoded`);
  }
}
