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

/** No address: the code is shown, and the person copies it into the program (as old Google clients did). */
export const OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob";

const DEVICE_CALLBACK = "/device/callback";

/**
 * Compare exactly with what is registered (RFC 9700 §2.1), and never a fragment, which would take the answer's place (RFC 6749
 * §3.1.2). A public client without any registered URI, a program on somebody's machine, may use plain http on loopback with any port
 * (RFC 8252 §7.3), have the code shown, and use the device flow.
 *
 * @param root path of the issuer: the device flow's own callback lies below it, and is registered with or without it.
 * @returns undefined when it may not be used: the error is then shown, never redirected.
 */
export function matchRedirectUri(client: RedirectUriRules, uri: string, root: string): RedirectUri | undefined {
  if (uri.includes("#")) return undefined;
  const isAnybodys = client.public && client.redirectUris.length === 0;
  const ours = [DEVICE_CALLBACK, `${root}${DEVICE_CALLBACK}`];
  if (ours.includes(uri)) {
    const isRegistered = ours.some((one) => client.redirectUris.includes(one));
    return isRegistered || isAnybodys ? brandedAs(`${root}${DEVICE_CALLBACK}`) : undefined;
  }
  if (client.redirectUris.includes(uri)) return brandedAs(uri);
  return isAnybodys && (uri === OUT_OF_BAND || isLoopbackUri(uri)) ? brandedAs(uri) : undefined;
}

/** Is this where the device flow's browser comes back to? */
export function isDeviceCallback(uri: string, root: string): boolean {
  return uri === `${root}${DEVICE_CALLBACK}`;
}

/** The one place that makes the brand. */
function brandedAs(uri: string): RedirectUri {
  return uri as RedirectUri;
}

/** The form is checked by hand first, because a URL parser repairs what it is given. */
function isLoopbackUri(uri: string): boolean {
  if (!/^http:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?(?:[/?][\x21-\x7e]*)?$/.test(uri)) return false;
  if (uri.includes("\\") || !URL.canParse(uri)) return false;
  const { hostname } = new URL(uri);
  return hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
}
