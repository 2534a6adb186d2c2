declare const brand: unique symbol;

/**
 * A redirect URI that its client registered. Made only by {@link matchRedirectUri}: an answer cannot be sent to an address that was
 * not checked.
 */
export type RedirectUri = string & { readonly [brand]: true };

/** What matters of a client here. */
export interface RedirectUriRules {
  readonly public: boolean;
  readonly redirectUris: readonly string[];
}

/**
 * Compare exactly with what is registered (RFC 9700 §2.1). A public client without any registered URI, a program on somebody's
 * machine, may use plain http on loopback with any port (RFC 8252 §7.3).
 *
 * @returns undefined when it may not be used: the error is then shown, never redirected.
 */
export function matchRedirectUri(client: RedirectUriRules, uri: string): RedirectUri | undefined {
  const registered = client.redirectUris.includes(uri);
  const loopback = client.public && client.redirectUris.length === 0 && isLoopbackUri(uri);
  // The one place that makes the brand.
  return registered || loopback ? (uri as RedirectUri) : undefined;
}

/** The form is checked by hand first, because a URL parser repairs what it is given. */
function isLoopbackUri(uri: string): boolean {
  if (!/^http:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?(?:[/?][\x21-\x7e]*)?$/.test(uri)) return false;
  if (uri.includes("\\") || uri.includes("#") || !URL.canParse(uri)) return false;
  const { hostname } = new URL(uri);
  return hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
}
