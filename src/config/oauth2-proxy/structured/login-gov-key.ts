import { createPrivateKey } from "node:crypto";
import { Secret } from "../../../protocol/secret.ts";
import type { StructuredProvider } from "../structured-options.ts";
import { refuse, type StructuredResolving } from "./structured-resolving.ts";

/** The RSA key, a PEM text, that signs the client assertion: written out, or in a file. */
export function resolveLoginGovKey(resolving: StructuredResolving, { loginGovConfig }: StructuredProvider): Secret {
  const { jwtKey, jwtKeyFile } = loginGovConfig;
  const say = (key: string, reason: string, remedy: string): Secret => {
    const message = `could not configure login.gov provider: ${reason}`;
    refuse(resolving, `providers[0].loginGovConfig.${key}`, message, remedy);
    return new Secret("");
  };
  if (jwtKey !== "" && jwtKeyFile !== "") {
    return say("jwtKey", "cannot set both jwt-key and jwt-key-file options", "Keep one of them.");
  }
  if (jwtKey === "" && jwtKeyFile === "") {
    return say("jwtKeyFile", "login.gov provider requires a private key for signing JWTs", "Give the key's file.");
  }
  if (jwtKey !== "") {
    return isRsaKey(jwtKey) ? new Secret(jwtKey) : say("jwtKey", "could not parse RSA Private Key PEM", PEM_REMEDY);
  }
  let text: string;
  try {
    text = resolving.readFile(jwtKeyFile);
  } catch {
    return say("jwtKeyFile", `could not read key file: ${jwtKeyFile}`, "Check its name and its mode.");
  }
  if (isRsaKey(text)) return new Secret(text);
  return say("jwtKeyFile", `could not parse private key from PEM file: ${jwtKeyFile}`, PEM_REMEDY);
}

const PEM_REMEDY = "Give an unencrypted RSA key in PEM form.";

function isRsaKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === "rsa";
  } catch {
    return false;
  }
}
