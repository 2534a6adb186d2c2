import { expect, test } from "bun:test";

import { renderProblem } from "../problem.ts";
import { loadOauth2ProxyConfiguration } from "./load-oauth2-proxy-configuration.ts";

const REQUIRED = [
  "--client-id=a",
  "--client-secret=b",
  "--cookie-secret=0123456789abcdef0123456789abcdef",
  "--email-domain=*",
];

function problemsOf(...argv: readonly string[]): readonly string[] {
  const command = loadOauth2ProxyConfiguration({ readFile: () => "", env: {} }, [...REQUIRED, ...argv]);
  if (!("result" in command)) throw new Error(command.kind);
  return command.result.problems.map(renderProblem);
}

test.each([
  ["oidc", "--github-org=o", "github"],
  ["oidc", "--allowed-role=admin", "keycloak-oidc"],
  ["oidc", "--keycloak-group=g", "keycloak and keycloak-oidc"],
  ["keycloak", "--allowed-role=admin", "keycloak-oidc"],
  ["azure", "--entra-id-allowed-tenant=t", "entra-id"],
  ["github", "--gitlab-project=a/b", "gitlab"],
])("a gate of another provider lets everybody through, and says so: %s %s", (provider, option, owners) => {
  const issuer = "--oidc-issuer-url=https://id.example.com";
  const [flag = ""] = option.split("=");
  expect(problemsOf(`--provider=${provider}`, issuer, option)).toEqual([
    `${flag}  warning: has no effect with --provider=${provider}: it is for ${owners} only. Nobody is kept out by it. See --allowed-group.`,
  ]);
});

test("the provider's own are not spoken of", () => {
  expect(problemsOf("--provider=github", "--github-org=o", "--github-team=t")).toEqual([]);
});

test.each([
  ["--extra-jwt-issuers=https://id.example.com=x", "--skip-jwt-bearer-tokens"],
  ["--htpasswd-user-group=staff", "--htpasswd-file"],
  ["--trusted-proxy-ip=10.0.0.1", "--reverse-proxy"],
])("%s has no effect without %s", (option, needed) => {
  const [flag = ""] = option.split("=");
  expect(problemsOf("--provider=github", option)).toEqual([
    `${flag}  warning: has no effect without ${needed}. Set that too, or remove it.`,
  ]);
});

test("a list of groups without a name in it keeps nobody out", () => {
  expect(problemsOf("--provider=github", "--allowed-group=,")).toEqual([
    "--allowed-group  warning: names no group, so none is needed. Name a group, or remove it.",
  ]);
});
