/** Strictly an absolute http or https address with a plain host: `new URL` alone would repair far too much. */
export function isHttpUrl(value: string): boolean {
  if (!/^https?:\/\/[^\s\\*]+$/.test(value) || !URL.canParse(value)) return false;
  const { hostname } = new URL(value);
  return /^\[[0-9a-f:.]+\]$|^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(hostname);
}

/** Is there something before an `@` in the authority? */
export function hasUserInformation(value: string): boolean {
  return /^[a-z]+:\/\/[^/?#]*@/i.test(value);
}

/** Nothing but scheme, host and port, with or without a slash at the end. */
export function isOrigin(value: string): boolean {
  return !hasQueryOrFragment(value) && URL.canParse(value) && new URL(value).pathname === "/";
}

/** Also when it is empty. */
export function hasQueryOrFragment(value: string): boolean {
  return /[?#]/.test(value);
}

/** Does plain http to this host stay on the machine? `localhost` and below, `127.0.0.0/8`, `::1`. */
export function isLoopbackHost(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127(?:\.\d{1,3}){3}$/.test(hostname)
  );
}
