import type { FederatedUpstream } from "../../dex-connector-configuration.ts";
import { resolveGoogle, resolveLinkedin, resolveMicrosoft, resolveOpenshift } from "./clouds.ts";
import { resolveBitbucketCloud, resolveGitea, resolveGithub, resolveGitlab } from "./code-hosts.ts";
import { resolveLdap } from "./ldap.ts";
import { resolveOAuth, resolveOidc } from "./oidc.ts";
import type { Opening } from "./opening.ts";
import { resolveAuthproxy, resolveCrowd, resolveKeystone, resolveMockPassword } from "./plain.ts";
import { resolveSaml } from "./saml.ts";

/** By the original's name of the type. */
const UPSTREAMS: Readonly<Record<string, (opening: Opening) => FederatedUpstream>> = {
  mockCallback: () => ({ type: "mockCallback" }),
  mockPassword: resolveMockPassword,
  oidc: resolveOidc,
  oauth: resolveOAuth,
  ldap: resolveLdap,
  saml: resolveSaml,
  samlExperimental: resolveSaml,
  github: resolveGithub,
  gitlab: resolveGitlab,
  gitea: resolveGitea,
  google: resolveGoogle,
  microsoft: resolveMicrosoft,
  linkedin: resolveLinkedin,
  "bitbucket-cloud": resolveBitbucketCloud,
  openshift: resolveOpenshift,
  "atlassian-crowd": resolveCrowd,
  keystone: resolveKeystone,
  authproxy: resolveAuthproxy,
};

/** A connector's options; what keeps it from being opened is added to `problems`. Undefined for a type that is not known. */
export function resolveUpstream(type: string, opening: Opening): FederatedUpstream | undefined {
  return Object.hasOwn(UPSTREAMS, type) ? UPSTREAMS[type]?.(opening) : undefined;
}
