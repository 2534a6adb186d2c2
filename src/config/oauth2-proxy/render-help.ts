import { environmentName, OPTIONS, type OptionDefinition } from "./options.ts";

/** What `--help` prints: every option by section. */
export function renderOauth2ProxyHelp(): string {
  const sections = [...new Set(OPTIONS.map((option) => option.section))];
  const body = sections.map((section) => {
    const options = OPTIONS.filter((option) => option.section === section);
    return [`${section}:`, ...options.map(renderOption)].join("\n");
  });
  const head = [
    "Usage: gatehouse oauth2-proxy [--config FILE] [--flag=value …]",
    "",
    "Starts the proxy from oauth2-proxy's own configuration. Flags win over environment variables",
    "(OAUTH2_PROXY_…), these over the file.",
  ].join("\n");
  return `${[head, ...body].join("\n\n")}\n`;
}

function renderOption(option: OptionDefinition): string {
  const value = option.type === "bool" ? "" : ` ${option.type}`;
  const initial = shownDefault(option);
  const notes = [
    ...(initial === "" ? [] : [`default ${initial}`]),
    ...(environmentName(option) === undefined ? ["flag only"] : []),
    ...(option.deprecated === undefined ? [] : ["deprecated"]),
  ].map((note) => `[${note}]`);
  return [`  --${option.flag}${value}`, `        ${[option.doc, ...notes].join(" ")}`].join("\n");
}

/** The default as it would be typed; empty when it says nothing. */
export function shownDefault(option: OptionDefinition): string {
  if (typeof option.default === "object") return option.default.join(",");
  return option.default === false ? "" : String(option.default);
}
