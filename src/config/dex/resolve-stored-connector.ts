import { Document } from "yaml";

import type { ConnectorConfiguration } from "../connector-configuration.ts";
import type { Problem } from "../problem.ts";
import { errorAt } from "./dex-problem.ts";
import { readStoredConfig } from "./read-config.ts";
import { passwordDatabase } from "./resolve-connectors.ts";
import { resolveUpstream } from "./upstreams/resolve-upstream.ts";
import { variantKeys } from "./variants.ts";

/** A connector as it lies in the storage. */
export interface StoredConnector {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  /** JSON; empty = none. */
  readonly config: Uint8Array;
}

export type ResolvedConnector =
  | { readonly configuration: ConnectorConfiguration }
  | { readonly problems: readonly Problem[] };

/**
 * The options of a connector that was made over dex's API.
 *
 * A program wrote them: keys that we do not know are passed over, and no variables are expanded, as in the original. What the
 * original could not open either is a problem.
 */
export function resolveStoredConnector(
  deps: { readonly readFile: (path: string) => string },
  stored: StoredConnector,
): ResolvedConnector {
  if (stored.type === "local") return { configuration: { ...passwordDatabase([]), id: stored.id, name: stored.name } };
  const source = `connector ${JSON.stringify(stored.id)} of the storage`;
  const keys = variantKeys("connectors[].config", stored.type);
  const document = parseJson(stored.config);
  if (keys === undefined || document === undefined) {
    const what = keys === undefined ? `unknown connector type ${JSON.stringify(stored.type)}` : "its config is no JSON";
    return { problems: [errorAt({ source, path: "" }, what, "Correct it over the API.")] };
  }
  const { root, problems: mistakes } = readStoredConfig({ source, document, positionOf: () => NOWHERE }, keys);
  const problems = mistakes.filter(({ severity }) => severity === "error");
  if (root === undefined) return { problems };
  const upstream = resolveUpstream(stored.type, { config: root, readFile: deps.readFile, problems });
  if (upstream === undefined || problems.length > 0) return { problems };
  return { configuration: { type: "federated", id: stored.id, name: stored.name, upstream } };
}

/** Nodes that were not parsed from a text have no place in it. */
const NOWHERE = { line: 1, column: 1 };

function parseJson(bytes: Uint8Array): Document | undefined {
  if (bytes.length === 0) return new Document({});
  try {
    return new Document(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return undefined;
  }
}
