import type { GithubUpstream } from "../../../config/dex-vendor-configuration.ts";
import { denied } from "../../oauth2/api-request.ts";
import { untrusted } from "../../oidc/upstream-request.ts";
import { type GithubApi, listAll } from "./github-api.ts";

type AddressRules = Pick<GithubUpstream, "hostName" | "preferredEmailDomain">;

/**
 * Somebody's first verified address of the preferred domain, else their verified primary one.
 *
 * An enterprise server verifies no addresses: there every address counts as verified.
 *
 * @throws {ConnectorError} `denied` when there is none.
 */
export async function findAddress(rules: AddressRules, api: GithubApi): Promise<string> {
  const what = "the list of addresses";
  const addresses = (await listAll(api, what, "/user/emails")).map((address) => ({
    email: address.text("email"),
    isPrimary: address.flag("primary"),
    isVerified: address.flag("verified") || rules.hostName !== "",
  }));
  const verified = addresses.filter(({ isVerified }) => isVerified);
  if (rules.preferredEmailDomain !== "" && addresses.some(({ email }) => !email.includes("@"))) {
    throw untrusted(`${what} has one without @`);
  }
  const preferred = verified.find(({ email }) => isOfDomain(email, rules.preferredEmailDomain));
  const chosen = preferred ?? verified.findLast(({ isPrimary }) => isPrimary);
  if (chosen === undefined || chosen.email === "") {
    throw denied("the user has no verified, primary address, and none of the preferred domain");
  }
  return chosen.email;
}

/** @param pattern a domain, or one whose labels may be `*`; empty = none. */
function isOfDomain(email: string, pattern: string): boolean {
  if (pattern === "") return false;
  const labels = email.slice(email.indexOf("@") + 1).split(".");
  const wanted = pattern.split(".");
  return wanted.length === labels.length && wanted.every((label, index) => label === "*" || label === labels[index]);
}
