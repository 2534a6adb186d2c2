import type { ProviderContext } from "./provider-deps.ts";
import type { KeySet } from "./signing-keys/create-signing-keys.ts";

const HEADERS = new Headers({
  "Cache-Control": "max-age=600, must-revalidate",
  "Content-Type": "application/json",
});

/** `/keys`: the JWK set (RFC 7517 §5), the signing key first. Synchronous when the keys are at hand. */
export function keysEndpoint(provider: ProviderContext): Response | Promise<Response> {
  const keys = provider.keys.current();
  return keys instanceof Promise ? keys.then(render) : render(keys);
}

function render(keys: KeySet): Response {
  return new Response(keys.jwks, { headers: HEADERS });
}
