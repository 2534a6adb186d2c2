import type { UpstreamTrust } from "../connector-configuration.ts";
import type { OAuth2ProxyConfiguration } from "../oauth2-proxy-configuration.ts";
import { errorAt } from "./raw-setting.ts";
import { type Resolving, withoutEmpty } from "./resolving.ts";

type Bearer = Pick<OAuth2ProxyConfiguration, "bearer">;

/** Bearer tokens in place of a session; `issuer=audience`, where the audience may hold equals signs. */
export function resolveBearer(resolving: Resolving, trust: UpstreamTrust | undefined): Bearer {
  const { settings, problems } = resolving;
  if (!settings.flag("skip-jwt-bearer-tokens")) return {};
  const extraIssuers = withoutEmpty(resolving, "extra-jwt-issuers").flatMap((entry) => {
    const equals = entry.indexOf("=");
    if (equals > 0) return [{ issuer: entry.slice(0, equals), audience: entry.slice(equals + 1) }];
    const message = `invalid jwt verifier uri=audience spec: ${entry}`;
    problems.push(errorAt(settings.place("extra-jwt-issuers"), message, "Write https://issuer.example.com=audience."));
    return [];
  });
  return { bearer: { extraIssuers, ...(trust === undefined ? {} : { trust }) } };
}
