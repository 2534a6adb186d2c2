import type { Difference, Looked } from "./difference.ts";
import { CONNECTOR_DIFFERENCES } from "./of-connectors.ts";
import { DEVICE_DIFFERENCES } from "./of-devices.ts";
import { DIRECTORY_DIFFERENCES } from "./of-directories.ts";
import { FEDERATION_DIFFERENCES } from "./of-federation.ts";
import { OPERATION_DIFFERENCES } from "./of-operation.ts";
import { PAGE_DIFFERENCES } from "./of-pages.ts";
import { REFRESH_DIFFERENCES } from "./of-refreshing.ts";
import { SIGN_IN_DIFFERENCES } from "./of-signing-in.ts";
import { FILE_DIFFERENCES } from "./of-the-file.ts";
import { TOKEN_DIFFERENCES } from "./of-tokens.ts";
import { VERSION_DIFFERENCES } from "./of-versions.ts";

/** The headings of the page, and their rows. */
export const DIFFERENCES: readonly { readonly title: string; readonly rows: readonly Difference[] }[] = [
  { title: "The file and the start", rows: FILE_DIFFERENCES },
  { title: "Signing in", rows: SIGN_IN_DIFFERENCES },
  { title: "Pages and paths", rows: PAGE_DIFFERENCES },
  { title: "Codes and tokens", rows: TOKEN_DIFFERENCES },
  { title: "Refresh tokens", rows: REFRESH_DIFFERENCES },
  { title: "Devices", rows: DEVICE_DIFFERENCES },
  { title: "Connectors", rows: CONNECTOR_DIFFERENCES },
  { title: "Directories: LDAP, Keystone, Crowd", rows: DIRECTORY_DIFFERENCES },
  { title: "Identity providers: OpenID Connect, OAuth 2.0, SAML", rows: FEDERATION_DIFFERENCES },
  { title: "Storage and telemetry", rows: OPERATION_DIFFERENCES },
];

/** How Gatehouse behaves otherwise than dex with this file: sentences for whoever is about to swap. */
export function listDifferences(looked: Looked): readonly string[] {
  return DIFFERENCES.flatMap(({ rows }) => rows)
    .filter(({ matters }) => matters?.(looked) === true)
    .map(sentence);
}

function sentence({ was, is, back }: Difference): string {
  return `dex: ${was}. Gatehouse: ${is}.${back === "" ? "" : ` Back: ${back}.`}`.replaceAll("`", "");
}

const HEAD = `# Differences from dex

<!-- Generated from src/config/dex/differences/ by \`npm run docs:reference\`. Do not edit. -->

\`gatehouse dex serve\` is measured against dex 2.45. Whatever is not on this page is meant to be the same; a difference that is
not here is a mistake, please report it. \`gatehouse dex check CONFIG-FILE\` prints the part that your own file can notice.

In the last column stands how to get the old behaviour back; — means that there is no way, because nobody should need it.`;

/** The page `docs/reference/differences-from-dex.md`. */
export function renderDifferences(): string {
  const parts = DIFFERENCES.map(({ title, rows }) => [`## ${title}`, table(rows)].join("\n\n"));
  return `${[HEAD, ...parts, VERSIONS, versionTable()].join("\n\n")}\n`;
}

const VERSIONS = `## Where dex's versions differ

What the development version adds or hardens is there, where clients of the release do not notice; what it dropped stays.`;

function versionTable(): string {
  const lines = VERSION_DIFFERENCES.map(
    ({ topic, release, development, ours, why }) => `| ${topic} | ${release} | ${development} | ${ours} | ${why} |`,
  );
  return ["| | dex 2.45 | development version | Gatehouse | why |", "| --- | --- | --- | --- | --- |", ...lines].join(
    "\n",
  );
}

function table(rows: readonly Difference[]): string {
  const lines = rows.map(({ was, is, why, back }) => `| ${was} | ${is} | ${why} | ${back === "" ? "—" : back} |`);
  return ["| dex | Gatehouse | why | back |", "| --- | --- | --- | --- |", ...lines].join("\n");
}
