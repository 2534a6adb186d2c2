import { type OptionDefinition, type OptionName, tomlKey, variableOf } from "./options.ts";
import { warningAt } from "./raw-setting.ts";
import type { Resolving } from "./resolving.ts";
import { warnAboutOthers } from "./warn-about-others.ts";

/** Warn about settings that work, but not as their writer may believe. None of them stops a start. */
export function warnAboutUse(resolving: Resolving, isStructured: boolean): void {
  const { settings, problems } = resolving;
  for (const { option, place } of settings.changed()) {
    if (typeof option.status === "object") {
      problems.push(warningAt(place, `--${option.flag} has no effect.`, option.status.accepted));
    }
    if (option.deprecated !== undefined) {
      problems.push(warningAt(place, `\`--${option.flag}\` is deprecated.`, option.deprecated));
    }
    if (isOldSpelling(option, place)) {
      problems.push(warningAt(place, "is the old name and is deprecated.", `Write ${tomlKey(option) ?? ""}.`));
    }
  }
  warnAboutShadowed(resolving, "cookie-secret", "cookie-secret-file");
  if (!isStructured) {
    warnAboutShadowed(resolving, "client-secret", "client-secret-file");
    warnAboutOthers(resolving);
  }
  warnAboutIdle(resolving);
  if (settings.text("redirect-url") === "" && !settings.flag("cookie-secure") && !settings.flag("reverse-proxy")) {
    const message = "no explicit redirect URL: redirects will default to insecure HTTP";
    const remedy = "Set --redirect-url to the callback's full address.";
    problems.push(warningAt(settings.place("redirect-url"), message, remedy));
  }
}

function isOldSpelling(option: OptionDefinition, place: { readonly source: string; readonly path: string }): boolean {
  const { oldToml } = option;
  return oldToml !== undefined && (place.path.toLowerCase() === oldToml || place.source === variableOf(oldToml));
}

/** What only says more of something that was not asked for. */
function warnAboutIdle({ settings, problems }: Resolving): void {
  const idle = (name: OptionName, needed: OptionName): void => {
    if (!settings.changed().some(({ option }) => option.flag === name)) return;
    problems.push(warningAt(settings.place(name), `has no effect without --${needed}.`, "Set that too, or remove it."));
  };
  if (!settings.flag("skip-jwt-bearer-tokens")) idle("extra-jwt-issuers", "skip-jwt-bearer-tokens");
  if (settings.text("htpasswd-file") === "") idle("htpasswd-user-group", "htpasswd-file");
  if (!settings.flag("reverse-proxy")) idle("trusted-proxy-ip", "reverse-proxy");
}

/** The literal secret wins, and the file is not read. */
function warnAboutShadowed(
  { settings, problems }: Resolving,
  literal: OptionName<"string">,
  file: OptionName<"string">,
) {
  if (settings.text(literal) === "" || settings.text(file) === "") return;
  problems.push(warningAt(settings.place(file), `is not read, because --${literal} is set.`, "Remove one of them."));
}
