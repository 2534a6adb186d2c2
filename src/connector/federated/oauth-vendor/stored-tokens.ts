import type { UpstreamTokens } from "../../../protocol/identity.ts";
import { isRecord, parseJson } from "../../oidc/upstream-request.ts";

/** How Go writes "no time". */
const NO_TIME = "0001-01-01T00:00:00Z";

/** What most vendors' logins are renewed with, under dex's names: `{"accessToken","refreshToken","expiry"}`. */
export function storedTokens({ accessToken = "", refreshToken = "", expiresAt }: UpstreamTokens): {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiry: string;
} {
  return { accessToken, refreshToken, expiry: writeTime(expiresAt) };
}

/** The connector data of a JSON object. */
export function encodeStored(stored: Readonly<Record<string, unknown>>): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(stored));
}

/** @returns the JSON object that connector data is, or undefined. */
export function decodeStored(data: Uint8Array | undefined): Readonly<Record<string, unknown>> | undefined {
  const stored = data === undefined ? undefined : parseJson(new TextDecoder().decode(data));
  return isRecord(stored) ? stored : undefined;
}

/** @returns the tokens of connector data; what is not there is absent. */
export function decodeTokens(data: Uint8Array | undefined): UpstreamTokens {
  const { accessToken, refreshToken, expiry } = decodeStored(data) ?? {};
  const expiresAt = typeof expiry === "string" ? readTime(expiry) : undefined;
  return {
    ...(isText(accessToken) && { accessToken }),
    ...(isText(refreshToken) && { refreshToken }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
}

/** @param time seconds since the epoch; absent = "no time". */
export function writeTime(time: number | undefined): string {
  return time === undefined ? NO_TIME : new Date(time * 1000).toISOString();
}

/** @returns seconds since the epoch, or undefined when it is "no time" or none at all. */
export function readTime(text: string): number | undefined {
  const time = Date.parse(text) / 1000;
  return time > 0 ? time : undefined;
}

/** The upstream stops to honour it in ten seconds, or did already: Go's OAuth client renews it then. */
export function isEnding({ expiresAt }: UpstreamTokens, now: number): boolean {
  return expiresAt !== undefined && expiresAt - 10 < now;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
