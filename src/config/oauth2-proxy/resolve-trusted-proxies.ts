import { PRIVATE_RANGES } from "../../protocol/private-ranges.ts";
import type { TrustedProxiesConfiguration } from "../configuration.ts";
import { warningAt } from "./raw-setting.ts";
import { resolveRanges } from "./resolve-access.ts";
import type { Resolving } from "./resolving.ts";

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
