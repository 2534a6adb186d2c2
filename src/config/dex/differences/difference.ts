import type { Configuration } from "../../configuration.ts";
import type { ProviderConfiguration } from "../../provider-configuration.ts";
import type { FederatedUpstream } from "../../dex-connector-configuration.ts";
import { type ConfigObject, textAt } from "../config-object.ts";

/** One thing that Gatehouse does otherwise than dex: a row of docs/reference/differences-from-dex.md. */
export interface Difference {
  /** What dex does. */
  readonly was: string;
  /** What Gatehouse does. */
  readonly is: string;
  readonly why: string;
  /** How to get the old behaviour back; empty = there is no way, because nobody should need it. */
  readonly back: string;
  /**
   * Whether somebody who swaps with a file should know. Absent: on the page only, because a file with it is refused or warned of
   * anyway, or nobody notices who means well.
   */
  readonly matters?: Matters;
}

/** A file, as the rules of the table look at it. */
export interface Looked {
  readonly root: ConfigObject;
  readonly configuration: Configuration;
  readonly provider: ProviderConfiguration;
}

type Matters = (looked: Looked) => boolean;

type Upstream<Type> = Extract<FederatedUpstream, { type: Type }>;

/** Every file. */
export const always: Matters = () => true;

/** Files that allow a grant. */
export const grant =
  (name: string): Matters =>
  ({ provider }) =>
    provider.grantTypes.includes(name);

/** Files whose tokens Vault signs. */
export const vault: Matters = ({ provider }) => provider.signing.type === "vault";

/** Files that set a key to some text. */
export const set =
  (path: string): Matters =>
  ({ root }) =>
    textAt(root, path) !== "";

const upstreams = ({ configuration }: Looked): readonly FederatedUpstream[] =>
  configuration.connectors.flatMap((one) => (one.type === "federated" ? [one.upstream] : []));

/** Files with a connector of one of these kinds. */
export const connector =
  (...types: readonly FederatedUpstream["type"][]): Matters =>
  (looked) =>
    upstreams(looked).some(({ type }) => types.includes(type));

/** Files with a connector of kind `oidc` that is such. */
export const oidc =
  (wanted: (upstream: Upstream<"oidc">) => boolean): Matters =>
  (looked) =>
    upstreams(looked).some((upstream) => upstream.type === "oidc" && wanted(upstream));

/** Files with which people type a password here. */
export const hasPasswords: Matters = (looked) =>
  looked.configuration.connectors.some(({ type }) => type === "local") ||
  connector("ldap", "keystone", "atlassian-crowd", "mockPassword")(looked);
