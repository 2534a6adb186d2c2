import { environmentName, OPTIONS, type OptionDefinition, tomlKey } from "./options.ts";
import { shownDefault } from "./render-help.ts";

const HEAD = `# Options of oauth2-proxy

<!-- Generated from src/config/oauth2-proxy/options.ts by \`npm run docs:reference\`. Do not edit. -->

\`gatehouse oauth2-proxy\` starts from oauth2-proxy's own configuration. A flag wins over a variable, a variable over
the file given with \`--config\`, that over the default. A list flag may be repeated, and is split at commas unless
quoted; a variable is split at every comma; a list in the file is taken as it is. Durations are Go's: \`168h\`, \`1m30s\`.

Beside \`--alpha-config\` the flags marked † and their keys are unknown, and their variables are ignored: the file
says it instead.

**Status**: *works* = honoured; *no effect* = may be set, for the reason below the table; *deprecated* = works, with
a warning that says what to use instead.
`;

/** The reference page `docs/reference/oauth2-proxy-options.md`. */
export function renderOauth2ProxyReference(): string {
  const sections = [...new Set(OPTIONS.map((option) => option.section))];
  return `${[HEAD.trimEnd(), ...sections.map(renderSection)].join("\n\n")}\n`;
}

function renderSection(section: string): string {
  const options = OPTIONS.filter((option) => option.section === section);
  const rows = options.map(renderRow);
  const reasons = options.flatMap((option) =>
    typeof option.status === "object" ? [`\`--${option.flag}\` has no effect: ${option.status.accepted}`] : [],
  );
  const table = [
    "| flag | in the file | variable | type | default | status | meaning |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
  ];
  return [`## ${section}`, table.join("\n"), ...reasons].join("\n\n");
}

function renderRow(option: OptionDefinition): string {
  const cells = [
    `${code(`--${option.flag}`)}${option.structured === true ? " †" : ""}`,
    code(tomlKey(option) ?? ""),
    code(environmentName(option) ?? ""),
    option.type,
    code(shownDefault(option)),
    renderStatus(option),
    option.doc.replaceAll("|", "\\|"),
  ];
  return `| ${cells.join(" | ")} |`;
}

function renderStatus({ status, deprecated }: OptionDefinition): string {
  if (typeof status === "object") return "no effect";
  return deprecated === undefined ? "works" : "works, deprecated";
}

const code = (text: string): string => (text === "" ? "" : `\`${text}\``);
