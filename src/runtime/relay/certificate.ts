import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext, type SecureContextOptions } from "node:tls";

import type { Secret } from "../../protocol/secret.ts";
import { CertificateError } from "./certificate-error.ts";

/** TLS of a listener. The configuration's `ListenerTls`. */
export interface ListenerTls {
  readonly certificate: PemSource;
  readonly key: PemSource;
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
  /** Absent = the newest there is. */
  readonly maxVersion?: "TLSv1.2" | "TLSv1.3";
  /** TLS 1.2 cipher suites by their OpenSSL names; empty = the runtime's. */
  readonly ciphers: readonly string[];
}

export type PemSource = { readonly file: string } | { readonly text: Secret };

/** The texts of certificate and key, as read at one moment. */
export interface CertificateTexts {
  readonly certificate: string;
  readonly key: string;
}

/**
 * Make what TLS needs of certificate and key.
 * @throws {CertificateError} when one of them is none, or they do not belong together, or there is no such cipher suite.
 */
export function secureContextOptions(tls: ListenerTls, texts: CertificateTexts): SecureContextOptions {
  const certificateName = nameOf("certificate", tls.certificate);
  const keyName = nameOf("key", tls.key);
  const certificate = parse(certificateName, "certificate", () => new X509Certificate(texts.certificate));
  const key = parse(keyName, "private key", () => createPrivateKey(texts.key));
  if (!certificate.checkPrivateKey(key))
    throw new CertificateError(`${certificateName} and ${keyName} do not belong together.`);
  const options: SecureContextOptions = {
    cert: texts.certificate,
    key: texts.key,
    minVersion: tls.minVersion,
    ...(tls.maxVersion === undefined ? {} : { maxVersion: tls.maxVersion }),
    ...(tls.ciphers.length === 0 ? {} : { ciphers: tls.ciphers.join(":") }),
  };
  try {
    createSecureContext(options);
    return options;
  } catch (cause) {
    const suites = tls.ciphers.length === 0 ? "" : ` with the cipher suites ${tls.ciphers.join(", ")}`;
    throw new CertificateError(`${certificateName} cannot be served${suites}.`, cause);
  }
}

/** @throws {CertificateError} when a file cannot be read. */
export async function readCertificate({ certificate, key }: ListenerTls): Promise<CertificateTexts> {
  return { certificate: await read("certificate", certificate), key: await read("key", key) };
}

async function read(part: string, source: PemSource): Promise<string> {
  if ("text" in source) return source.text.reveal();
  try {
    return await readFile(source.file, "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unreadable";
    throw new CertificateError(`${nameOf(part, source)} cannot be read (${code}).`, cause);
  }
}

function parse<T>(name: string, kind: string, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    throw new CertificateError(`${name} holds no ${kind} in PEM.`, cause);
  }
}

function nameOf(part: string, source: PemSource): string {
  return "file" in source ? `TLS ${part} ${source.file}` : `TLS ${part} of the configuration`;
}
