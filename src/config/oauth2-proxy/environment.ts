import { nearestName } from "../nearest-name.ts";
import type { Problem } from "../problem.ts";
import { ENVIRONMENT_PREFIX, environmentName, OPTIONS, type OptionDefinition, tomlKey, variableOf } from "./options.ts";
import { keepSetting, type RawSetting, type RawSettings, warningAt } from "./raw-setting.ts";

const BY_NAME: ReadonlyMap<string, OptionDefinition> = new Map(
  OPTIONS.flatMap((option: OptionDefinition) =>
    [tomlKey(option), option.oldToml].flatMap((key) => (key === undefined ? [] : [[variableOf(key), option] as const])),
  ),
);

/**
 * Read the `OAUTH2_PROXY_…` variables. An empty one is as good as unset.
 *
 * An unknown one is ignored, as in the original, but with a warning: a misspelt restriction restricts nobody. Those
 * that Kubernetes adds by itself for a Service called `oauth2-proxy` or `oauth2-proxy-…` are passed over in silence.
 */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): RawSettings {
  const settings = new Map<string, RawSetting>();
  const problems: Problem[] = [];
  for (const [name, raw] of Object.entries(env).sort(byName)) {
    if (raw === undefined || raw === "" || !name.startsWith(ENVIRONMENT_PREFIX)) continue;
    const option = BY_NAME.get(name);
    if (option !== undefined) {
      const key = name.slice(ENVIRONMENT_PREFIX.length).toLowerCase();
      keepSetting(settings, key, { option, origin: "environment", raw, place: { source: name, path: "" } });
    } else if (!isServiceLink(name, raw)) problems.push(unknownVariable(name));
  }
  return { settings, problems };
}

const byName = (left: readonly [string, unknown], right: readonly [string, unknown]): number =>
  left[0] < right[0] ? -1 : 1;

function unknownVariable(name: string): Problem {
  const place = { source: name, path: "" };
  const flag = name.slice(ENVIRONMENT_PREFIX.length).toLowerCase().replaceAll("_", "-");
  if (OPTIONS.some((option) => option.flag === flag && environmentName(option) === undefined)) {
    return warningAt(place, "unknown variable, ignored: this option exists as a flag only.", `Use --${flag}.`);
  }
  const near = nearestName(name.slice(ENVIRONMENT_PREFIX.length), namesWithoutPrefix());
  return warningAt(
    place,
    "unknown variable, ignored.",
    near === undefined ? "Remove it." : `Did you mean ${ENVIRONMENT_PREFIX}${near}?`,
  );
}

const namesWithoutPrefix = (): string[] => [...BY_NAME.keys()].map((name) => name.slice(ENVIRONMENT_PREFIX.length));

/** `…_SERVICE_HOST`, `…_SERVICE_PORT[_NAME]`, `…_PORT` and `…_PORT_80_TCP[_PROTO|_PORT|_ADDR]`. */
function isServiceLink(name: string, value: string): boolean {
  if (/_SERVICE_HOST$|_SERVICE_PORT(?:_[A-Z0-9_]+)?$/.test(name)) return true;
  if (/_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$/.test(name)) return true;
  return name.endsWith("_PORT") && /^(?:tcp|udp|sctp):\/\//.test(value);
}
