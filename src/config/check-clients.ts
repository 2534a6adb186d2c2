import { duplicateIds } from "./duplicates.ts";
import { type Finding, type Path, errorAt, warningAt } from "./finding.ts";
import type { Draft } from "./native-file.ts";
import type { GatehouseFile } from "./schema/gatehouse-file.ts";
import { isLoopbackHost } from "./schema/http-url.ts";

type File = Draft<GatehouseFile>;
type Client = NonNullable<NonNullable<File["clients"]>[number]>;

/** What only shows when a client is seen as a whole, and beside the others and the connectors. */
export function checkClients({ clients = [], connectors }: File): readonly Finding[] {
  const connectorIds = knownIds(connectors);
  const clientIds = knownIds(clients);
  const each = clients.flatMap((client, index) => {
    if (client === undefined) return [];
    const path: Path = ["clients", index];
    return [
      ...checkSecret(client, path),
      ...(client.redirectUris ?? []).flatMap((uri, number) => checkUri(client, uri, [...path, "redirectUris", number])),
      ...checkNames(client.allowedConnectors, connectorIds, [...path, "allowedConnectors"], "connector"),
      ...checkNames(client.trustedPeers, clientIds, [...path, "trustedPeers"], "client"),
    ];
  });
  return [...duplicateIds("clients", clients), ...each];
}

/** Undefined when an id could not be understood, because then nothing can be said about names. */
function knownIds(
  entries: readonly ({ readonly id?: string | undefined } | undefined)[] | undefined,
): ReadonlySet<string> | undefined {
  const ids = entries?.map((entry) => entry?.id);
  return ids === undefined || ids.includes(undefined) ? undefined : new Set(ids.filter((id) => id !== undefined));
}

function checkSecret(client: Client, path: Path): readonly Finding[] {
  if (client.public === true) {
    if (client.secret === undefined) return [];
    return [errorAt([...path, "secret"], "is a public client's, and those have none.", "Remove it, or public: true.")];
  }
  if (client.secret !== undefined) return [];
  const finding = errorAt(path, "has no secret.", "Add a secret, or public: true.");
  return [
    {
      ...finding,
      absent: [
        [...path, "secret"],
        [...path, "public"],
      ],
    },
  ];
}

function checkUri(client: Client, uri: string | undefined, path: Path): readonly Finding[] {
  if (uri === undefined) return [];
  const { protocol, hostname } = new URL(uri);
  if (protocol === "https:" || (protocol === "http:" && isLoopbackHost(hostname))) return [];
  if (protocol === "http:") return [warningAt(path, "is plain http: codes can be read on the way.", "Use https.")];
  if (client.public === true) return [];
  return [errorAt(path, "has a scheme that only public clients may use.", "Use https, or make the client public.")];
}

function checkNames(
  names: readonly (string | undefined)[] | undefined,
  known: ReadonlySet<string> | undefined,
  path: Path,
  what: string,
): readonly Finding[] {
  if (names === undefined || known === undefined) return [];
  return names.flatMap((name, index) =>
    name === undefined || known.has(name)
      ? []
      : [errorAt([...path, index], `there is no ${what} with the id ${name}.`, "Name an existing one.")],
  );
}
