import { readFile } from "node:fs/promises";
import { unreachable } from "../oidc/upstream-request.ts";

/**
 * What proves who this client is where a workload identity takes the place of a secret: the token in the file that
 * `AZURE_FEDERATED_TOKEN_FILE` names, read anew each time, because Kubernetes renews it.
 *
 * @throws {ConnectorError} `unreachable` when there is no such file.
 * @see RFC 7523 §2.2
 */
export async function federatedCredentials(clientId: string): Promise<Readonly<Record<string, string>>> {
  const path = process.env.AZURE_FEDERATED_TOKEN_FILE ?? "";
  if (path === "")
    throw unreachable("AZURE_FEDERATED_TOKEN_FILE is not set, but the client authenticates with its token");
  return { client_id: clientId, ...(await assertionOf(path)) };
}

/**
 * The parameters of a token request that present the token in a file, read anew each time.
 *
 * @throws {ConnectorError} `unreachable` when there is no such file.
 * @see RFC 7523 §2.2
 */
export async function assertionOf(path: string): Promise<Readonly<Record<string, string>>> {
  const token = await readFile(path, "utf8").catch(() => {
    throw unreachable(`the federated token file ${path} cannot be read`);
  });
  return {
    client_assertion: token.trim(),
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
  };
}
