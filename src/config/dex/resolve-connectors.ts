import type { ConnectorConfiguration, LocalConnectorConfiguration, LocalUser } from "../connector-configuration.ts";
import type { FederatedUpstream } from "../dex-connector-configuration.ts";
import type { Problem } from "../problem.ts";
import { type ConfigObject, emptyAt, isTrueAt, listAt, objectAt, objectsAt, placeAt, textAt } from "./config-object.ts";
import { errorAt, warningAt } from "./dex-problem.ts";
import { CONNECTOR_GRANTS } from "./grant-types.ts";
import { refuseType } from "./refuse-type.ts";
import type { Resolving } from "./resolve.ts";
import { resolvePasswords } from "./resolve-passwords.ts";
import { resolveUpstream } from "./upstreams/resolve-upstream.ts";

/** The connectors of the file, then the password database when it is enabled. */
export function resolveConnectors(resolving: Resolving, publicUrl: string): readonly ConnectorConfiguration[] {
  const { root, problems } = resolving;
  const objects = withoutReplaced(resolving, objectsAt(root, "connectors"));
  const connectors = objects.flatMap((object) => resolveConnector(resolving, object, publicUrl) ?? []);
  const users = resolvePasswords(resolving);
  const hasPasswords = isTrueAt(root, "enablePasswordDB");
  if (objects.length === 0 && !hasPasswords) {
    const message = "server: no connectors specified";
    problems.push(errorAt(placeAt(root, "connectors"), message, "Add a connector, or set enablePasswordDB: true."));
  } else if (connectors.length === 0 && !hasPasswords) {
    const message = `server: failed to open all connectors (${objects.length}/${objects.length})`;
    problems.push(errorAt(placeAt(root, "connectors"), message, "Correct one of them."));
  }
  return hasPasswords ? [...connectors, passwordDatabase(users)] : connectors;
}

/** What `enablePasswordDB` adds, by the names that the original gives it. */
export function passwordDatabase(users: readonly LocalUser[]): LocalConnectorConfiguration {
  return { type: "local", id: "local", name: "Email", prompt: "Email Address", users };
}

/** Of two with one id the last holds, as in the original, and the password database before all; with a warning. */
function withoutReplaced(resolving: Resolving, objects: readonly ConfigObject[]): readonly ConfigObject[] {
  const last = new Map(objects.map((object) => [textAt(object, "id"), object]));
  if (isTrueAt(resolving.root, "enablePasswordDB")) last.set("local", resolving.root);
  return objects.filter((object) => {
    const id = textAt(object, "id");
    if (id === "" || last.get(id) === object) return true;
    const message = `another connector with the id ${JSON.stringify(id)} replaces this one.`;
    resolving.problems.push(warningAt(placeAt(object, "id"), message, "Choose another id, or remove one of them."));
    return false;
  });
}

function resolveConnector(
  resolving: Resolving,
  object: ConfigObject,
  publicUrl: string,
): ConnectorConfiguration | undefined {
  const hasNames = requireNames(resolving, object);
  refuseGrantTypes(resolving, object);
  if (refuseType(resolving, object, "connector") || !hasNames) return undefined;
  const config = objectAt(object, "config") ?? emptyAt({ ...object.place, path: `${object.place.path}.config` });
  const troubles: Problem[] = [];
  const upstream = resolveUpstream(textAt(object, "type"), {
    config,
    readFile: resolving.readFile,
    problems: troubles,
  });
  if (upstream !== undefined) warnAboutRedirectUri(resolving, config, { upstream, callback: `${publicUrl}/callback` });
  resolving.problems.push(...troubles.map((trouble) => severityOf(resolving, trouble)));
  if (upstream === undefined || troubles.length > 0) return undefined;
  return { type: "federated", id: textAt(object, "id"), name: textAt(object, "name"), upstream };
}

/** A connector that cannot be opened is left out, unless it must not be. */
function severityOf({ toleratesBrokenConnectors }: Resolving, trouble: Problem): Problem {
  if (!toleratesBrokenConnectors) return trouble;
  return { ...trouble, severity: "warning", message: `${trouble.message} Nobody can sign in with this connector.` };
}

function requireNames({ problems }: Resolving, object: ConfigObject): boolean {
  if (textAt(object, "id") !== "" && textAt(object, "name") !== "") return true;
  const message = "invalid config: ID, Type and Name fields are required for a connector";
  problems.push(errorAt(object.place, message, "Give it an id and a name."));
  return false;
}

function refuseGrantTypes({ problems }: Resolving, object: ConfigObject): void {
  const unknown = listAt(object, "grantTypes").filter((grant) => !CONNECTOR_GRANTS.includes(grant));
  for (const grant of unknown) {
    const id = JSON.stringify(textAt(object, "id"));
    const message = `invalid config: unknown grant type ${JSON.stringify(grant)} for connector ${id}`;
    problems.push(errorAt(placeAt(object, "grantTypes"), message, `Write one of ${CONNECTOR_GRANTS.join(", ")}.`));
  }
}

/** Which grants may use a connector, where the file restricts it. */
export function resolveConnectorGrantTypes({ root }: Resolving): Readonly<Record<string, readonly string[]>> {
  const restricted = objectsAt(root, "connectors").flatMap((object) => {
    const grants = listAt(object, "grantTypes");
    return grants.length === 0 ? [] : [[textAt(object, "id"), grants] as const];
  });
  return Object.fromEntries(restricted);
}

/** The original notices when somebody signs in. */
function warnAboutRedirectUri(
  { problems }: Resolving,
  config: ConfigObject,
  { upstream, callback }: { readonly upstream: FederatedUpstream; readonly callback: string },
): void {
  if (!("redirectUri" in upstream) || upstream.redirectUri === callback) return;
  const message = `is not ${callback}, so nobody can sign in with this connector.`;
  problems.push(warningAt(placeAt(config, "redirectURI"), message, "Write that, here and at the identity provider."));
}
