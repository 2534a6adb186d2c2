import { type KeyObject, generateKeyPair, randomBytes } from "node:crypto";
import { promisify } from "node:util";

import type { SigningKeys } from "../storage-model.ts";

const generate = promisify(generateKeyPair);

/** Algorithms of new keys. RFC 7518 §3.1. */
export type SigningAlgorithm = "RS256" | "ES256";

/** A new key: RSA of 2048 bits or P-256, off the event loop, as private and public JWK in the members' order that dex writes. */
export async function generateKey(
  algorithm: SigningAlgorithm,
): Promise<Required<Pick<SigningKeys, "signingKey" | "signingKeyPub">>> {
  const { privateKey } =
    algorithm === "RS256"
      ? await generate("rsa", { modulusLength: 2048 })
      : await generate("ec", { namedCurve: "P-256" });
  const kid = randomBytes(20).toString("hex");
  return {
    signingKey: jwkOf(privateKey, kid, algorithm, PRIVATE_MEMBERS),
    signingKeyPub: publicJwk(privateKey, kid, algorithm),
  };
}

/** A public key, or the public half of a private one, as JWK with the members in dex's order (RFC 7517 §4). */
export function publicJwk(key: KeyObject, kid: string, algorithm: string): Record<string, unknown> {
  return jwkOf(key, kid, algorithm, PUBLIC_MEMBERS);
}

const PUBLIC_MEMBERS = ["crv", "n", "e", "x", "y"];
const PRIVATE_MEMBERS = [...PUBLIC_MEMBERS, "d", "p", "q", "dp", "dq", "qi"];

function jwkOf(key: KeyObject, kid: string, algorithm: string, members: readonly string[]): Record<string, unknown> {
  const exported = Object.fromEntries(Object.entries(key.export({ format: "jwk" })));
  const { kty, crv }: Readonly<Record<string, unknown>> = exported;
  const head = { use: "sig", kty, kid, ...(crv === undefined ? {} : { crv }), alg: algorithm };
  const rest = members.filter((name) => name !== "crv" && exported[name] !== undefined);
  return { ...head, ...Object.fromEntries(rest.map((name) => [name, exported[name]])) };
}
