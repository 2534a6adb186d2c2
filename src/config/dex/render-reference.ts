import { DEX_KEYS, DEX_VARIABLES, type DexKey, type DexVariable } from "./schema.ts";
import { DEX_TYPES_NOT_YET, DEX_VARIANTS } from "./variants.ts";

const HEAD = `# Configuration of dex

<!-- Generated from src/config/dex/schema.ts by \`npm run docs:reference\`. Do not edit. -->

\`gatehouse dex serve CONFIG-FILE\` starts from dex's own configuration. Keys are matched without regard to case, and
\`yes\`, \`no\`, \`on\` and \`off\` are booleans. Durations are Go's: \`24h\`, \`1h30m\`. In \`storage.config\`,
\`signer.config\` and \`connectors[].config\`, \`$NAME\` in a text is replaced by the variable's value.
Unlike in dex, an unknown key is an error.

**Status**: *yes* = honoured; *no* = known, and refused with \`not supported yet\` when set to anything but its
default; *not yet* = read and checked, but belongs to something that is not there yet, which is said at the start where it is
turned on; *no effect* = may be set, for the reason below the table.`;

/** The reference page `docs/reference/dex-options.md`. */
export function renderDexReference(): string {
  const parts = [HEAD, "## The file", renderKeys(DEX_KEYS)];
  for (const [path, tables] of Object.entries(DEX_VARIANTS)) {
    for (const [type, keys] of Object.entries(tables)) {
      if (keys.length > 0) parts.push(`## \`${path}\` of type \`${type}\``, renderKeys(keys));
    }
  }
  parts.push("## Types that are refused so far", renderTypes(), "## Variables", renderVariables());
  return `${parts.join("\n\n")}\n`;
}

function renderKeys(keys: readonly DexKey[]): string {
  const rows = keys.map(
    (key) => `| \`${key.path}\` | ${key.type} | ${code(key.default ?? "")} | ${statusOf(key.status)} | ${key.doc} |`,
  );
  const reasons = keys.flatMap((key) =>
    typeof key.status === "object" ? [`\`${key.path}\` has no effect: ${key.status.accepted}`] : [],
  );
  const table = ["| key | type | default | status | meaning |", "| --- | --- | --- | --- | --- |", ...rows];
  return [table.join("\n"), ...reasons].join("\n\n");
}

function renderTypes(): string {
  const rows = Object.entries(DEX_TYPES_NOT_YET).map(
    ([path, types]) => `| \`${path.replace(/config$/, "type")}\` | ${types.map(code).join(", ")} |`,
  );
  return ["| key | types |", "| --- | --- |", ...rows].join("\n");
}

function renderVariables(): string {
  const rows = DEX_VARIABLES.map(({ name, status, doc }) => `| \`${name}\` | ${variableStatus(status)} | ${doc} |`);
  return ["| variable | status | meaning |", "| --- | --- | --- |", ...rows].join("\n");
}

const statusOf = (status: DexKey["status"]): string =>
  typeof status === "object" ? "no effect" : { supported: "yes", notYet: "no", dormant: "not yet" }[status];

function variableStatus(status: DexVariable["status"]): string {
  if (typeof status === "object") return `no effect when ${status.when}: ${status.accepted}`;
  return { supported: "yes", refused: "no (refused when true)" }[status];
}

const code = (text: string): string => (text === "" ? "" : `\`${text}\``);
