import { hasUserInformation, isHttpUrl } from "./http-url.ts";

/**
 * May this be registered as a redirect URI? Absolute, without fragment, compared exactly later: https, http, or a
 * private-use scheme with a dot in it, such as `com.example.app:/callback` (RFC 8252 §7.1). `javascript:` and the like have none.
 */
export function isRedirectUri(value: string): boolean {
  if (/[#*\s\\\u0000-\u001f\u007f]/.test(value) || hasUserInformation(value)) return false;
  return isHttpUrl(value) || (/^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:\/./.test(value) && URL.canParse(value));
}
