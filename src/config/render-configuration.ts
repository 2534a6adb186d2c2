import { stringify } from "yaml";

import type { Configuration } from "./configuration.ts";

const MASK = "********";

/** The resolved configuration as YAML for people to read. Secrets and password hashes are masked. */
export function renderConfiguration(configuration: Configuration): string {
  return stringify(maskSecrets(configuration), { aliasDuplicateObjects: false, lineWidth: 0 });
}

/** The configuration as plain data: a secret masks itself, and a password hash is masked here, because it can be guessed at. */
export function maskSecrets(configuration: Configuration): unknown {
  return JSON.parse(JSON.stringify(configuration, (key, value: unknown) => (key === "passwordHash" ? MASK : value)));
}
