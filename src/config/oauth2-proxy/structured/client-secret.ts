import { Secret } from "../../../protocol/secret.ts";
import type { StructuredProvider } from "../structured-options.ts";
import { refuse, type StructuredResolving, warn } from "./structured-resolving.ts";

/**
 * The client secret. One in a file is read again whenever it is used, so that it can be changed without a restart; the
 * literal one wins, and then the file is not read. Every byte of the file counts, as in the original.
 */
export function resolveClientSecret(resolving: StructuredResolving, provider: StructuredProvider): Secret {
  const { clientSecret, clientSecretFile } = provider;
  if (clientSecret !== "" || clientSecretFile === "") return new Secret(clientSecret);
  const path = "providers[0].clientSecretFile";
  let last: string;
  try {
    last = resolving.readFile(clientSecretFile);
  } catch {
    const message = `could not read client secret file: ${clientSecretFile}`;
    refuse(resolving, path, message, "Check its name and its mode.");
    return new Secret("");
  }
  if (/[\r\n]$/.test(last)) {
    const message = "the line end at the end of the file is part of the secret";
    warn(resolving, path, message, "Write the file with printf if the provider refuses the secret.");
  }
  return new Secret(() => {
    try {
      last = resolving.readFile(clientSecretFile);
    } catch {
      // While a mounted secret is being replaced its file may be missing; the one before is then the best there is.
    }
    return last;
  });
}
