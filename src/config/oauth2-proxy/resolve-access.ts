import type { HtpasswdConfiguration, OAuth2ProxyAdmission } from "../oauth2-proxy-configuration.ts";
import { isIpRange } from "./ip-range.ts";
import { errorAt, warningAt } from "./raw-setting.ts";
import { type Resolving, withoutEmpty } from "./resolving.ts";

/** Who may sign in at all. */
export function resolveAdmission(resolving: Resolving, groups: readonly string[]): OAuth2ProxyAdmission {
  const { settings, problems } = resolving;
  const emailsFile = settings.text("authenticated-emails-file");
  const emailDomains = withoutEmpty(resolving, "email-domain");
  if (emailDomains.length === 0 && emailsFile === "" && settings.text("htpasswd-file") === "") {
    const message = "missing setting for email validation: email-domain or authenticated-emails-file required.";
    const remedy = "use email-domain=* to authorize all email addresses";
    problems.push(errorAt(settings.place("email-domain"), message, remedy));
  }
  return { emailDomains, ...(emailsFile === "" ? {} : { emailsFile }), groups };
}

/** Users with a password of their own, when there is a file of them. */
export function resolveHtpasswd({ settings }: Resolving): { readonly htpasswd?: HtpasswdConfiguration } {
  const file = settings.text("htpasswd-file");
  if (file === "") return {};
  return {
    htpasswd: {
      file,
      groups: settings.list("htpasswd-user-group"),
      showForm: settings.flag("display-htpasswd-form"),
      preferEmailToUser: settings.flag("prefer-email-to-user"),
    },
  };
}

/** As typed, without those that allow no host at all. */
export function resolveWhitelistDomains(resolving: Resolving): readonly string[] {
  const { settings, problems } = resolving;
  const domains = withoutEmpty(resolving, "whitelist-domain");
  for (const domain of domains.filter((entry) => /^\*(?::.*)?$/.test(entry))) {
    const remedy = "Name the hosts, or write .example.com for all of a domain.";
    problems.push(warningAt(settings.place("whitelist-domain"), `${domain} allows no host at all.`, remedy));
  }
  return domains;
}

/** Clients that need not sign in. */
export function resolveTrustedIps(resolving: Resolving): readonly string[] {
  const { settings, problems } = resolving;
  const ranges = resolveRanges(resolving, "trusted-ip");
  if (ranges.length > 0 && settings.flag("reverse-proxy")) {
    const message =
      "mixing --trusted-ip with --reverse-proxy is a potential security vulnerability: whoever may send forwarding headers may claim such an address.";
    const remedy = "Let --trusted-proxy-ip name the gateway only.";
    problems.push(warningAt(settings.place("trusted-ip"), message, remedy));
  }
  return ranges;
}

/** Addresses and ranges, each of which the original would take. */
export function resolveRanges(resolving: Resolving, name: "trusted-ip" | "trusted-proxy-ip"): readonly string[] {
  const { settings, problems } = resolving;
  const ranges = withoutEmpty(resolving, name);
  for (const [index, range] of ranges.entries()) {
    if (isIpRange(range)) continue;
    const message = `${name.replaceAll("-", "_")}s[${index}] (${range}) could not be recognized`;
    const remedy = "Write an IP address, or a network such as 10.0.0.0/8 without host bits.";
    problems.push(errorAt(settings.place(name), message, remedy));
  }
  return ranges;
}
