import type { ClientConfiguration } from "../provider-configuration.ts";
import { Secret } from "../../protocol/secret.ts";
import { type ConfigObject, flagAt, isTrueAt, listAt, objectsAt, placeAt, textAt } from "./config-object.ts";
import { errorAt, warningAt } from "./dex-problem.ts";
import type { Resolving } from "./resolve.ts";

/** The static clients. Of two with one id the last holds, as in the original, with a warning. */
export function resolveClients(resolving: Resolving): readonly ClientConfiguration[] {
  const clients = new Map<string, ClientConfiguration>();
  for (const object of objectsAt(resolving.root, "staticClients")) {
    const client = resolveClient(resolving, object);
    if (client.id === "") continue;
    if (clients.has(client.id)) {
      const message = `a second client ${JSON.stringify(client.id)} replaces the first.`;
      resolving.problems.push(warningAt(object.place, message, "Remove one of them."));
    }
    clients.set(client.id, client);
  }
  return [...clients.values()];
}

function resolveClient(resolving: Resolving, object: ConfigObject): ClientConfiguration {
  const id = resolveId(resolving, object);
  const name = textAt(object, "name");
  if (name === "") {
    const message = "invalid config: Name field is required for a client";
    resolving.problems.push(errorAt(placeAt(object, "name"), message, "Give it a name to show."));
  }
  return {
    id,
    name,
    secret: resolveSecret(resolving, object, id),
    public: isTrueAt(object, "public"),
    redirectUris: listAt(object, "redirectURIs"),
    postLogoutRedirectUris: listAt(object, "postLogoutRedirectURIs"),
    trustedPeers: listAt(object, "trustedPeers"),
    allowedConnectors: listAt(object, "allowedConnectors"),
    logoUrl: textAt(object, "logoURL"),
    groups: listAt(object, "clientCredentialsClaims.groups"),
  };
}

function resolveId(resolving: Resolving, object: ConfigObject): string {
  const [id, variable] = [textAt(object, "id"), textAt(object, "idEnv")];
  if (id !== "" && variable !== "") {
    const message = `invalid config: ID and IDEnv fields are exclusive for client ${JSON.stringify(id)}`;
    resolving.problems.push(errorAt(placeAt(object, "idEnv"), message, "Keep one of them."));
  }
  if (id !== "") return id;
  if (variable !== "") return fromVariable(resolving, object, "idEnv", "so there is no such client");
  const message = "invalid config: ID or IDEnv field is required for a client";
  resolving.problems.push(errorAt(placeAt(object, "id"), message, "Give it an id."));
  return "";
}

function resolveSecret(resolving: Resolving, object: ConfigObject, id: string): Secret {
  const [secret, variable] = [textAt(object, "secret"), textAt(object, "secretEnv")];
  if (secret !== "" && variable !== "") {
    const message = `invalid config: Secret and SecretEnv fields are exclusive for client ${JSON.stringify(id)}`;
    resolving.problems.push(errorAt(placeAt(object, "secretEnv"), message, "Keep one of them."));
  }
  if (secret !== "") return new Secret(secret);
  if (variable !== "") {
    const value = fromVariable(resolving, object, "secretEnv", "so no secret of this client is right");
    return value === "" ? SECRET_OF_NOBODY : new Secret(value);
  }
  if (flagAt(object, "public") !== true) {
    const message = `invalid config: Secret or SecretEnv field is required for client ${JSON.stringify(id)}`;
    resolving.problems.push(errorAt(placeAt(object, "secret"), message, "Give it a secret, or set public: true."));
  }
  return new Secret("");
}

/** Another one each time it is compared with. */
const SECRET_OF_NOBODY = new Secret(() => crypto.randomUUID());

/** The original takes an unset variable for an empty value: a client whose secret anybody knows. */
function fromVariable(
  { env, problems }: Resolving,
  object: ConfigObject,
  key: "idEnv" | "secretEnv",
  consequence: string,
): string {
  const variable = textAt(object, key);
  const value = Object.hasOwn(env, variable) ? (env[variable] ?? "") : "";
  if (value === "") {
    problems.push(warningAt(placeAt(object, key), `the variable ${variable} is not set, ${consequence}.`, "Set it."));
  }
  return value;
}
