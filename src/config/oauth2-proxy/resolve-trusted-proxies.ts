import type { TrustedProxiesConfiguration } from "../configuration.ts";
import { warningAt } from "./raw-setting.ts";
import { resolveRanges } from "./resolve-access.ts";
import type { Resolving } from "./resolving.ts";

/** Where gateways live that nobody named: loopback, private and link-local networks, never the internet. */
export const PRIVATE_RANGES: readonly string[] = [
  "127.0.0.0/8",
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "169.254.0.0/16",
  "::1/128",
  "fc00::/7",
  "fe80::/10",
];

/** Whose forwarding headers are believed: nobody's without `--reverse-proxy`, whatever else is set. */
export function resolveTrustedProxies(resolving: Resolving): TrustedProxiesConfiguration {
  const { settings, problems } = resolving;
  const ranges = resolveRanges(resolving, "trusted-proxy-ip");
  if (!settings.flag("reverse-proxy")) return { ranges: [] };
  if (ranges.length > 0) return { ranges };
  problems.push(
    warningAt(
      settings.place("reverse-proxy"),
      "X-Forwarded-* headers are believed from private and loopback addresses only, because --trusted-proxy-ip is not set.",
      "Set --trusted-proxy-ip to the gateway's addresses.",
    ),
  );
  return { ranges: PRIVATE_RANGES };
}
