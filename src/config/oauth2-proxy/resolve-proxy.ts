import type { Access, Allow, ProxyConfiguration } from "../configuration.ts";
import type { OptionName } from "./options.ts";
import { errorAt, warningAt } from "./raw-setting.ts";
import { notSupportedYet } from "./refuse-unsupported.ts";
import type { Resolving } from "./resolve.ts";

/** The proxy, and the origin that its callback is at. */
export interface ResolvedProxy {
  readonly publicUrl: string;
  readonly proxy: ProxyConfiguration;
}

const NOBODY: Allow = { everyone: false, groups: [], emails: [], emailDomains: [] };

/**
 * E-mail domain and group must both fit. {@link Allow} is an alternative, so the domains decide who is admitted and
 * the groups who may pass the one application, which stands for every host.
 */
export function resolveProxy(resolving: Resolving): ResolvedProxy {
  const { settings } = resolving;
  const pathPrefix = resolvePrefix(resolving);
  const { publicUrl, callbackUrl } = resolveRedirectUrl(resolving, pathPrefix);
  refuseUpstreams(resolving);
  const identity = settings.flag("set-xauthrequest");
  const proxy: ProxyConfiguration = {
    pathPrefix,
    callbackUrl,
    admission: { ...NOBODY, emailDomains: resolveEmailDomains(resolving) },
    apps: [{ host: "*", name: "oauth2-proxy", access: resolveAccess(resolving), rules: [] }],
    returnHosts: resolveReturnHosts(resolving),
    skipSignInPage: settings.flag("skip-provider-button"),
    headers: {
      identity,
      accessToken: identity && settings.flag("pass-access-token"),
      passUserHeaders: settings.flag("pass-user-headers") || settings.flag("pass-basic-auth"),
    },
  };
  return { publicUrl, proxy };
}

function resolvePrefix({ settings, problems }: Resolving): string {
  const prefix = settings.text("proxy-prefix");
  if (/^(?:\/[A-Za-z0-9._~-]+)+$/.test(prefix)) return prefix;
  const remedy = "Write a path such as /oauth2, with a slash in front and none at the end.";
  problems.push(errorAt(settings.place("proxy-prefix"), "is not a path the proxy can own.", remedy));
  return "/oauth2";
}

interface RedirectUrl {
  readonly publicUrl: string;
  readonly callbackUrl: string;
}

function resolveRedirectUrl({ settings, problems }: Resolving, pathPrefix: string): RedirectUrl {
  const text = settings.text("redirect-url");
  const place = settings.place("redirect-url");
  const remedy = `Set --redirect-url to the callback's full address, such as https://auth.example.com${pathPrefix}/callback.`;
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^/?#]/i.test(text)) {
    const what = text === "" ? "a callback address taken from each request" : "--redirect-url without a host";
    problems.push(errorAt(place, `not supported yet: ${what}.`, remedy));
    return { publicUrl: "", callbackUrl: text };
  }
  if (!/^https?:\/\/[^\s\\@]+$/i.test(text) || !URL.canParse(text)) {
    problems.push(errorAt(place, `error parsing redirect-url=${JSON.stringify(text)}`, remedy));
    return { publicUrl: "", callbackUrl: text };
  }
  const callback = `${pathPrefix}/callback`;
  const callbackUrl = /^[^/]*\/\/[^/?#]+$/.test(text) ? `${text}${callback}` : text;
  const url = new URL(callbackUrl);
  if (url.pathname !== callback) {
    problems.push(
      warningAt(
        place,
        `the proxy answers callbacks at ${callback}, not at ${url.pathname}.`,
        "Let the gateway rewrite it.",
      ),
    );
  }
  return { publicUrl: url.origin, callbackUrl };
}

/** Only what never serves anything: the placeholders people use when a gateway asks by forward auth. */
function refuseUpstreams({ settings, problems }: Resolving): void {
  const place = settings.place("upstream");
  for (const upstream of settings.list("upstream")) {
    if (upstream === "file:///dev/null" || /^static:\/\/2\d\d$/.test(upstream)) continue;
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(upstream)?.[1] ?? "";
    if (["http", "https", "unix", "file", "static"].includes(scheme.toLowerCase())) {
      problems.push(notSupportedYet(place, `--upstream=${withoutCredentials(upstream)}`));
    } else {
      const message = `upstream ${JSON.stringify(withoutCredentials(upstream))} has invalid scheme: ${JSON.stringify(scheme)}`;
      problems.push(errorAt(place, message, "Write static://202, and let the gateway serve the application."));
    }
  }
}

const withoutCredentials = (url: string): string => url.replace(/\/\/[^/]*@/, "//");

function resolveEmailDomains(resolving: Resolving): readonly string[] {
  const { settings, problems } = resolving;
  const domains = withoutEmpty(resolving, "email-domain").map((domain) => domain.toLowerCase());
  if (domains.length === 0) {
    const message = "missing setting for email validation: email-domain or authenticated-emails-file required.";
    const remedy = "use email-domain=* to authorize all email addresses";
    problems.push(errorAt(settings.place("email-domain"), message, remedy));
  }
  return domains;
}

/** Group names are compared as they are. An empty name would let in whoever has an empty group. */
function resolveAccess({ settings, problems }: Resolving): Access {
  const groups = settings.list("allowed-group");
  if (groups.includes("")) {
    problems.push(errorAt(settings.place("allowed-group"), "has an empty group.", "Remove the superfluous comma."));
  }
  return { kind: "allow", allow: groups.length === 0 ? { ...NOBODY, everyone: true } : { ...NOBODY, groups } };
}

function resolveReturnHosts(resolving: Resolving): readonly string[] {
  const { settings, problems } = resolving;
  const hosts: string[] = [];
  for (const entry of withoutEmpty(resolving, "whitelist-domain")) {
    if (/^\*(?::.*)?$/.test(entry)) {
      const remedy = "Name the hosts, or write .example.com for all of a domain.";
      problems.push(warningAt(settings.place("whitelist-domain"), `${entry} allows no host at all.`, remedy));
    } else hosts.push(entry.replace(/^\*\./, "."));
  }
  return hosts;
}

function withoutEmpty({ settings, problems }: Resolving, name: OptionName<"list">): readonly string[] {
  const items = settings.list(name);
  const kept = items.filter((item) => item.trim() !== "");
  if (kept.length < items.length) {
    problems.push(warningAt(settings.place(name), "an empty item is ignored.", "Remove the superfluous comma."));
  }
  return kept;
}
