import { X509Certificate } from "node:crypto";

import type { UpstreamTrust } from "../../connector-configuration.ts";
import { decodeBase64 } from "../base64.ts";
import { isTrueAt, textAt } from "../config-object.ts";
import { type Opening, refuse } from "./opening.ts";

/** Certificate authorities, each as a path, as PEM or as PEM in base64, and whether to check at all. Undefined = as usual. */
export function trustOf(
  opening: Opening,
  keys: { readonly authorities: string; readonly skipVerify?: string },
  entries: readonly string[],
): UpstreamTrust | undefined {
  const given = entries.filter((entry) => entry !== "");
  const insecureSkipVerify = keys.skipVerify !== undefined && isTrueAt(opening.config, keys.skipVerify);
  if (given.length === 0 && !insecureSkipVerify) return undefined;
  const authorities = given.map((entry) => readAuthority(opening, entry));
  authorities.forEach((pem, index) => {
    if (countCertificates(pem) > 0) return;
    const what =
      "certificate must be a PEM encoded string, a base64 encoded bytes that contain PEM encoded string, or a path to a PEM encoded certificate";
    refuse(opening, keys.authorities, `${keys.authorities}.${index} is not in PEM format, ${what}`, "Check the path.");
  });
  return { authorities, useSystemTrustStore: true, insecureSkipVerify };
}

function readAuthority({ readFile }: Opening, entry: string): string {
  try {
    return readFile(entry);
  } catch {
    // No file: then it is the certificate itself.
    return decodeBase64(entry) ?? entry;
  }
}

/** The text of the file that a key names; empty, with an error, when it cannot be read. */
export function fileAt(opening: Opening, path: string, message: (reason: string) => string): string {
  const file = textAt(opening.config, path);
  if (file === "") return "";
  try {
    return opening.readFile(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    refuse(opening, path, message(reason), "Check its name and its mode.");
    return "";
  }
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** How many certificates of a PEM text can be read. */
export function countCertificates(pem: string): number {
  return (pem.match(CERTIFICATE) ?? []).filter(isCertificate).length;
}

/** What stands between and around the blocks of a PEM text. */
export function aroundCertificates(pem: string): string {
  return pem.replace(CERTIFICATE, "").trim();
}

function isCertificate(block: string): boolean {
  try {
    return new X509Certificate(block).raw.length > 0;
  } catch {
    return false;
  }
}
