import { readCookies, serializeCookie } from "../http/cookies.ts";
import type { LoginSettings } from "./login-deps.ts";

const NAME = "gatehouse_last_connector";
const REMEMBERED_SECONDS = 180 * 24 * 3600;

/** The connector this browser signed in with last; only a convenience, so it is not protected. */
export function readLastConnector(request: Request): string | undefined {
  return readCookies(request, NAME)[0];
}

/** A `Set-Cookie` value that remembers a connector for half a year. */
export function rememberConnector(settings: LoginSettings, connectorId: string): string {
  return serializeCookie({
    name: NAME,
    value: connectorId,
    path: "/",
    maxAgeSeconds: REMEMBERED_SECONDS,
    secure: settings.secureCookies,
    httpOnly: true,
    sameSite: "Lax",
  });
}
