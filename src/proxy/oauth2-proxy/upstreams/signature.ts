import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";

import type { HeaderField } from "../../../http/exchange.ts";
import type { Secret } from "../../../protocol/secret.ts";
import type { RequestTarget } from "./rewrite.ts";

/** A request as it goes to the upstream. */
export interface SignedRequest {
  readonly method: string;
  readonly asked: RequestTarget;
  readonly headers: readonly HeaderField[];
  /** Empty when there is none. */
  readonly contentLength: string;
  readonly body: Uint8Array;
}

/** Signed in this order; a missing one counts as empty. */
const SIGNED_HEADERS: readonly string[] = [
  "content-length",
  "content-md5",
  "content-type",
  "date",
  "authorization",
  "x-forwarded-user",
  "x-forwarded-email",
  "x-forwarded-preferred-user",
  "x-forwarded-access-token",
  "cookie",
  "gap-auth",
];

/**
 * The `GAP-Signature` of requests: an HMAC over method, some header fields, decoded path with query, and body, by which an upstream
 * knows that a request came through us. An upstream that checks it computes the same from what it received.
 *
 * @throws {Error} when the algorithm is not known here.
 */
export function createSign(algorithm: string, key: Secret): (request: SignedRequest) => string {
  refuseUnknown(algorithm);
  return (request) => {
    const hmac = createHmac(algorithm, key.reveal());
    hmac.update(Buffer.from(signedText(request), "latin1"));
    return `${algorithm} ${hmac.update(request.body).digest("base64")}`;
  };
}

function refuseUnknown(algorithm: string): void {
  try {
    createHmac(algorithm, "");
  } catch (cause) {
    const message = `signature-key: the algorithm "${algorithm}" is not known; use sha256 or sha512`;
    throw new Error(message, { cause });
  }
}

/** One character a byte. */
function signedText({ method, asked, headers, contentLength }: SignedRequest): string {
  const all: readonly HeaderField[] = [["content-length", contentLength], ...headers];
  const values = SIGNED_HEADERS.map((name) => fieldValue(all, name));
  const path = Buffer.from(asked.path, "utf8").toString("latin1");
  const target = asked.search === "?" ? path : path + asked.search;
  return [method, ...values, target, ""].join("\n");
}

function fieldValue(headers: readonly HeaderField[], wanted: string): string {
  return headers
    .filter(([name]) => name.toLowerCase() === wanted)
    .map(([, value]) => value)
    .join(",");
}
