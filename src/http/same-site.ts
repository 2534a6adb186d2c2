import { plainBrowserHostOf } from "./browser-host.ts";
import { plainHost } from "./request-target.ts";

/**
 * Was this form posted from another origin, a sibling host's included? Told by `Sec-Fetch-Site`, or by `Origin` where a browser does
 * not send it. A request with neither did not come from a browser's form.
 */
export function isForeignPost(request: Request): boolean {
  const site = request.headers.get("sec-fetch-site");
  if (site !== null) return site !== "same-origin" && site !== "none";
  const origin = request.headers.get("origin");
  return origin !== null && plainHost(origin.replace(/^https?:\/\//i, "")) !== plainBrowserHostOf(request);
}

/** Does this request follow a link on another site? */
export function isFromAnotherSite(request: Request): boolean {
  return request.headers.get("sec-fetch-site") === "cross-site";
}
