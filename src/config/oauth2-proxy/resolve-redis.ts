import type { RedisConfiguration } from "../configuration.ts";
import { Secret } from "../../protocol/secret.ts";
import type { OptionName } from "./options.ts";
import { errorAt } from "./raw-setting.ts";
import { type RedisUrl, parseRedisUrl } from "./redis-url.ts";
import { type Resolving, withoutEmpty } from "./resolving.ts";

/** How to reach Redis. Credentials are taken out of the addresses, and `rediss` stands wherever TLS is spoken. */
export function resolveRedis(resolving: Resolving): RedisConfiguration {
  const { settings, problems } = resolving;
  const [useSentinel, useCluster] = [settings.flag("redis-use-sentinel"), settings.flag("redis-use-cluster")];
  if (useSentinel && useCluster) {
    const message = `${UNABLE}: options redis-use-sentinel and redis-use-cluster are mutually exclusive`;
    problems.push(errorAt(settings.place("redis-use-cluster"), message, "Remove one of them."));
  } else if (useSentinel) return resolveSentinel(resolving);
  else if (useCluster) return resolveCluster(resolving);
  return resolveSingle(resolving);
}

const UNABLE = "unable to initialize a redis client";

function resolveSingle(resolving: Resolving): RedisConfiguration {
  const [last] = readUrls(resolving, "redis-connection-url", [resolving.settings.text("redis-connection-url")]);
  const url = last === undefined ? "" : `${schemeOf(resolving, last)}://${last.address}${last.database}`;
  return { topology: { kind: "single", url }, ...resolveAccess(resolving, last) };
}

/** As in the original, the last address's credentials and scheme hold for all. */
function resolveCluster(resolving: Resolving): RedisConfiguration {
  const { urls, last } = readUrlList(resolving, "redis-cluster-connection-urls");
  return { topology: { kind: "cluster", urls }, ...resolveAccess(resolving, last) };
}

function resolveSentinel(resolving: Resolving): RedisConfiguration {
  const { settings, problems } = resolving;
  const { urls, last } = readUrlList(resolving, "redis-sentinel-connection-urls");
  const masterName = settings.text("redis-sentinel-master-name");
  if (masterName === "") {
    const message = `${UNABLE}: the sentinels' master has no name`;
    const remedy = "Set --redis-sentinel-master-name.";
    problems.push(errorAt(settings.place("redis-sentinel-master-name"), message, remedy));
  }
  const sentinelPassword = new Secret(settings.text("redis-sentinel-password"));
  return {
    topology: { kind: "sentinel", masterName, urls, sentinelPassword },
    ...resolveAccess(resolving, last),
  };
}

function resolveAccess(resolving: Resolving, last: RedisUrl | undefined): Omit<RedisConfiguration, "topology"> {
  const { settings } = resolving;
  const caFile = resolveCaFile(resolving);
  return {
    username: settings.text("redis-username") || (last?.username ?? ""),
    password: new Secret(settings.text("redis-password") || (last?.password ?? "")),
    ...(caFile === "" ? {} : { caFile }),
    insecureSkipTlsVerify: settings.flag("redis-insecure-skip-tls-verify"),
    idleTimeoutSeconds: Math.max(0, settings.number("redis-connection-idle-timeout")),
  };
}

function resolveCaFile({ settings, problems, readFile }: Resolving): string {
  const path = settings.text("redis-ca-path");
  if (path === "") return "";
  try {
    readFile(path);
  } catch {
    const message = `${UNABLE}: failed to load ${JSON.stringify(path)}`;
    problems.push(errorAt(settings.place("redis-ca-path"), message, "Check its name and its mode."));
  }
  return path;
}

type UrlOption = OptionName<"string" | "list"> & `redis-${string}`;

interface UrlList {
  readonly urls: readonly string[];
  readonly last: RedisUrl | undefined;
}

function readUrlList(resolving: Resolving, option: OptionName<"list"> & UrlOption): UrlList {
  const { settings, problems } = resolving;
  const texts = withoutEmpty(resolving, option);
  if (texts.length === 0) {
    const message = `${UNABLE}: could not parse redis urls: unable to parse redis urls: no redis urls provided`;
    problems.push(errorAt(settings.place(option), message, `Set --${option}.`));
  }
  const parsed = readUrls(resolving, option, texts);
  const last = parsed.at(-1);
  const scheme = last === undefined ? "redis" : schemeOf(resolving, last);
  return { urls: parsed.map(({ address }) => `${scheme}://${address}`), last };
}

function readUrls({ settings, problems }: Resolving, option: UrlOption, texts: readonly string[]): readonly RedisUrl[] {
  return texts.flatMap((text) => {
    const parsed = parseRedisUrl(text);
    if ("url" in parsed) return [parsed.url];
    const message = `${UNABLE}: unable to parse redis url: ${parsed.error}`;
    problems.push(
      errorAt(settings.place(option), message, "Write redis://host:6379, rediss://… for TLS, or unix:///path."),
    );
    return [];
  });
}

/** The original speaks TLS as soon as anything about TLS is set, whatever the address says. */
function schemeOf({ settings }: Resolving, { scheme }: RedisUrl): string {
  const isTls = settings.flag("redis-insecure-skip-tls-verify") || settings.text("redis-ca-path") !== "";
  return scheme === "redis" && isTls ? "rediss" : scheme;
}
