import { Secret } from "../../protocol/secret.ts";
import type { VaultConfiguration } from "../provider-configuration.ts";
import { placeAt, textAt } from "./config-object.ts";
import { errorAt, warningAt } from "./dex-problem.ts";
import type { Resolving } from "./resolve.ts";

/** `signer.config` of type `vault`, or the variables that Vault's own tools read where a key is empty. */
export function resolveVault(resolving: Resolving): VaultConfiguration {
  warnOfVariables(resolving);
  return {
    type: "vault",
    address: resolveAddress(resolving),
    token: new Secret(resolveToken(resolving)),
    keyName: resolveKeyName(resolving),
  };
}

function resolveAddress({ root, env, problems }: Resolving): string {
  const address = textAt(root, "signer.config.addr") || (env["VAULT_ADDR"] ?? "");
  // A user's password in it would get into the log.
  if (!/^https?:\/\/[^/?#\s@]+(?:\/[^?#\s]*)?$/i.test(address) || !URL.canParse(address)) {
    const message = address === "" ? "must be specified." : "is no address.";
    const remedy = "Write an http or https address without user, query and fragment, or set VAULT_ADDR.";
    problems.push(errorAt(placeAt(root, "signer.config.addr"), message, remedy));
  }
  return address;
}

function resolveToken({ root, env, problems }: Resolving): string {
  const token = (textAt(root, "signer.config.token") || (env["VAULT_TOKEN"] ?? "")).trim();
  // What no header can hold would be shown by the error of whoever sends it.
  if (!/^[!-~]*$/.test(token)) {
    const remedy = "Write Vault's token: letters, digits and punctuation of ASCII.";
    problems.push(errorAt(placeAt(root, "signer.config.token"), "is no token.", remedy));
  }
  return token;
}

function resolveKeyName({ root, problems }: Resolving): string {
  const name = textAt(root, "signer.config.keyName");
  // As Vault names its keys. Anything else would be another path there.
  if (!/^\w(?:[\w.-]*\w)?$/.test(name)) {
    const message = name === "" ? "must be specified." : "is no name of a key.";
    const remedy = "Write the name of a key of the engine at transit/.";
    problems.push(errorAt(placeAt(root, "signer.config.keyName"), message, remedy));
  }
  return name;
}

/** Others that Vault's tools read, and the original with them. */
const NOT_READ = [
  "VAULT_NAMESPACE",
  "VAULT_CACERT",
  "VAULT_CAPATH",
  "VAULT_CLIENT_CERT",
  "VAULT_SKIP_VERIFY",
  "VAULT_TLS_SERVER_NAME",
];

function warnOfVariables({ env, problems }: Resolving): void {
  for (const name of NOT_READ.filter((one) => (env[one] ?? "") !== "")) {
    const remedy = name.endsWith("CACERT")
      ? "Give the authority's file by NODE_EXTRA_CA_CERTS."
      : "Let Vault's agent stand between, and give its address.";
    problems.push(warningAt({ source: name, path: "" }, "is not read for the signer.", remedy));
  }
}
