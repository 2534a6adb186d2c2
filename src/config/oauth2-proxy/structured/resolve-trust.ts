import { X509Certificate } from "node:crypto";
import type { UpstreamTrust } from "../../connector-configuration.ts";
import type { StructuredProvider } from "../structured-options.ts";
import { fileTrouble, refuse, type StructuredResolving } from "./structured-resolving.ts";

/** Whose certificates the provider may show. Undefined = the system's authorities. */
export function resolveTrust(
  resolving: StructuredResolving,
  { caFiles, useSystemTrustStore }: StructuredProvider,
): UpstreamTrust | undefined {
  const files = caFiles.filter((file) => file !== "");
  if (files.length === 0) return undefined;
  const authorities = files.map((file) => readAuthorities(resolving, file));
  return { authorities, useSystemTrustStore, insecureSkipVerify: false };
}

function readAuthorities(resolving: StructuredResolving, file: string): string {
  const say = (reason: string, remedy: string): void =>
    refuse(resolving, "providers[0].caFiles", `unable to load provider CA file(s): ${reason}`, remedy);
  try {
    const text = resolving.readFile(file);
    if (!isCertificate(text)) {
      say(`loading certificate authority (${file}) failed`, "Give certificates in PEM form.");
    }
    return text;
  } catch (error) {
    const reason = `certificate authority file (${file}) could not be read - ${fileTrouble(file, error)}`;
    say(reason, "Check its name and its mode.");
    return "";
  }
}

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).fingerprint256 !== "";
  } catch {
    return false;
  }
}
