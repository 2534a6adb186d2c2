import { createHash, createVerify, KeyObject } from "node:crypto";
import type { HashAlgorithm, SignatureAlgorithm, SignedXml } from "xml-crypto";

const DSIG = "http://www.w3.org/2000/09/xmldsig#";
const DSIG_MORE = "http://www.w3.org/2001/04/xmldsig-more#";
const XMLENC = "http://www.w3.org/2001/04/xmlenc#";

export const ENVELOPED_SIGNATURE = `${DSIG}enveloped-signature`;

/** Exclusive and inclusive canonical XML 1.0, with and without comments. */
export const CANONICALIZATIONS: ReadonlySet<string> = new Set([
  "http://www.w3.org/2001/10/xml-exc-c14n#",
  "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
  "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
  "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
]);

const HASHES: Readonly<Record<string, string>> = {
  [`${DSIG}sha1`]: "sha1",
  [`${XMLENC}sha256`]: "sha256",
  [`${DSIG_MORE}sha384`]: "sha384",
  [`${XMLENC}sha512`]: "sha512",
};

interface SignatureMethod {
  readonly keys: "rsa" | "ec";
  readonly hash: string;
}

const SIGNATURES: Readonly<Record<string, SignatureMethod>> = {
  [`${DSIG}rsa-sha1`]: { keys: "rsa", hash: "sha1" },
  [`${DSIG_MORE}rsa-sha256`]: { keys: "rsa", hash: "sha256" },
  [`${DSIG_MORE}rsa-sha384`]: { keys: "rsa", hash: "sha384" },
  [`${DSIG_MORE}rsa-sha512`]: { keys: "rsa", hash: "sha512" },
  [`${DSIG_MORE}ecdsa-sha256`]: { keys: "ec", hash: "sha256" },
  [`${DSIG_MORE}ecdsa-sha384`]: { keys: "ec", hash: "sha384" },
  [`${DSIG_MORE}ecdsa-sha512`]: { keys: "ec", hash: "sha512" },
};

/** Does an algorithm rely on SHA-1, which nobody should sign with any more? */
export function isWeakAlgorithm(name: string): boolean {
  return name.endsWith("sha1");
}

/** Public keys only: with a shared secret (HMAC) anybody who has a certificate could sign. */
export function restrictAlgorithms(verifier: SignedXml): void {
  verifier.HashAlgorithms = mapEntries(HASHES, hashAlgorithm);
  verifier.SignatureAlgorithms = mapEntries(SIGNATURES, signatureAlgorithm);
}

function mapEntries<From, To>(
  table: Readonly<Record<string, From>>,
  map: (name: string, entry: From) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(table).map(([name, entry]) => [name, map(name, entry)]));
}

/** xml-crypto wants classes. */
function hashAlgorithm(name: string, hash: string): new () => HashAlgorithm {
  return class {
    getAlgorithmName(): string {
      return name;
    }
    getHash(xml: string): string {
      return createHash(hash).update(xml, "utf8").digest("base64");
    }
  };
}

function signatureAlgorithm(name: string, { keys, hash }: SignatureMethod): new () => SignatureAlgorithm {
  return class {
    getAlgorithmName(): string {
      return name;
    }
    getSignature(): never {
      throw new Error("nothing is signed here");
    }
    verifySignature(signed: string, key: unknown, signature: string): boolean {
      if (!(key instanceof KeyObject) || key.asymmetricKeyType !== keys) return false;
      const verifier = createVerify(hash).update(signed, "utf8");
      return verifier.verify({ key, dsaEncoding: "ieee-p1363" }, signature, "base64"); // XML Signature §6.4.3
    }
  };
}
