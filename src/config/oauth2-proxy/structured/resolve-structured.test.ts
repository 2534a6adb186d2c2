import { describe, expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { selfSigned } from "../../../../test/support/self-signed.ts";
import { type Problem, renderProblem } from "../../problem.ts";
import { loadAlphaFile } from "./alpha-file.ts";
import { resolveStructured, type StructuredResult } from "./resolve-structured.ts";

const { certificate, key } = selfSigned("one");
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const RSA_KEY = rsa.privateKey.export({ type: "pkcs8", format: "pem" });
const PUBLIC_KEY = rsa.publicKey.export({ type: "spki", format: "pem" });

const FILES: Readonly<Record<string, string>> = {
  "/tls.crt": certificate,
  "/tls.key": key,
  "/rsa.key": RSA_KEY,
  "/pub.pem": PUBLIC_KEY,
  "/plain": "no PEM",
};

function readFile(path: string): string {
  const text = FILES[path];
  if (text === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
  return text;
}

const ENV = {};

const OIDC = {
  id: "main",
  provider: "oidc",
  clientID: "cid",
  clientSecret: "cs",
  oidcConfig: { issuerURL: "https://i" },
};
const SERVER = { bindAddress: "127.0.0.1:4180" };

type Parts = Readonly<Record<string, unknown>>;

/** Resolve a file, which may be JSON, with what every one needs added. */
function resolve(parts: Parts, env: Readonly<Record<string, string>> = ENV) {
  const problems: Problem[] = [];
  const text = JSON.stringify({ server: SERVER, providers: [OIDC], ...parts }).replaceAll("$", "$$$$");
  const { structured, placeOf } = loadAlphaFile({ env, problems }, "a.yaml", text);
  if (structured === undefined) throw new Error(problems.map(renderProblem).join("\n"));
  const result = resolveStructured({ readFile, env, problems }, structured, placeOf);
  return { result, problems: problems.map((problem) => renderProblem(problem).replace("a.yaml:1  ", "")) };
}

/** As it must be: without any problem. */
function resolved(parts: Parts, env?: Readonly<Record<string, string>>): StructuredResult {
  const { result, problems } = resolve(parts, env);
  expect(problems).toEqual([]);
  return result;
}

const provider = (parts: Parts): Parts => ({ providers: [{ id: "p", clientID: "cid", clientSecret: "cs", ...parts }] });

const ISSUER = { issuerURL: "https://i" };

/** Each problem begins like this. */
function expectProblems(parts: Parts, expected: readonly string[], env?: Readonly<Record<string, string>>): void {
  const { problems } = resolve(parts, env);
  expect(problems.map((problem, index) => problem.slice(0, expected[index]?.length))).toEqual([...expected]);
}

describe("providers", () => {
  const rows: readonly [string, Parts, Parts, string][] = [
    ["oidc", { oidcConfig: ISSUER }, {}, "openid email profile"],
    ["oidc", { oidcConfig: ISSUER, allowedGroups: ["a"] }, {}, "openid email profile groups"],
    ["oidc", { oidcConfig: ISSUER, allowedGroups: ["a"], scope: "x  y" }, {}, "x y"],
    ["adfs", { oidcConfig: ISSUER, allowedGroups: ["a"] }, { skipScope: false, resource: "" }, "openid email profile"],
    [
      "adfs",
      { oidcConfig: ISSUER, resource: "urn:r", ADFSConfig: { skipScope: true } },
      { skipScope: true, resource: "urn:r" },
      "openid email profile",
    ],
    ["azure", { oidcConfig: ISSUER }, { tenant: "common", graphGroupField: "id", nonce: false }, "openid"],
    [
      "azure",
      { oidcConfig: { ...ISSUER, skipDiscovery: true, jwksURL: "https://j" }, azureConfig: { tenant: "t" } },
      { tenant: "t" },
      "openid",
    ],
    ["cidaas", { oidcConfig: ISSUER }, {}, "openid email profile roles groups"],
    [
      "entra-id",
      { oidcConfig: ISSUER, microsoftEntraIDConfig: { allowedTenants: ["t"] } },
      { allowedTenants: ["t"], federatedTokenAuth: false },
      "openid email profile",
    ],
    ["gitlab", { oidcConfig: ISSUER }, { projects: [] }, "openid email"],
    [
      "gitlab",
      { oidcConfig: ISSUER, gitlabConfig: { projects: ["a/b", "c=40"] } },
      {
        projects: [
          { path: "a/b", accessLevel: 20 },
          { path: "c", accessLevel: 40 },
        ],
      },
      "openid email",
    ],
    ["keycloak-oidc", { oidcConfig: ISSUER, allowedGroups: ["a"] }, {}, "openid email profile groups"],
    ["bitbucket", {}, { team: "", repository: "" }, "email"],
    [
      "bitbucket",
      { bitbucketConfig: { team: "t", repository: "r" } },
      { team: "t", repository: "r" },
      "email team repository",
    ],
    ["digitalocean", {}, {}, "read"],
    ["digitalocean", { oidcConfig: { insecureAllowUnverifiedEmail: true } }, { allowUnverifiedEmail: true }, "read"],
    ["facebook", {}, {}, "public_profile email"],
    [
      "github",
      { githubConfig: { org: "o", team: "a, b", repo: "r", users: ["u"] } },
      { organization: "o", teams: ["a", "b"], repository: "r", users: ["u"] },
      "user:email read:org",
    ],
    [
      "google",
      { googleConfig: { group: ["g"], adminEmail: "a", serviceAccountJson: "/plain" } },
      { groups: ["g"], adminEmail: "a", serviceAccountFile: "/plain", useOrganizationId: false },
      "profile email",
    ],
    [
      "keycloak",
      { validateURL: "https://v" },
      { endpoints: { authorization: "", token: "", profile: "", validate: "https://v" } },
      "api",
    ],
    ["linkedin", {}, {}, "r_emailaddress r_liteprofile"],
    [
      "login.gov",
      { clientSecret: "", loginGovConfig: { jwtKeyFile: "/rsa.key", pubjwkURL: "u" } },
      { keysUrl: "u" },
      "email openid",
    ],
    [
      "nextcloud",
      { loginURL: "https://l" },
      { endpoints: { authorization: "https://l", token: "", profile: "", validate: "" } },
      "",
    ],
    ["sourcehut", { scope: "" }, {}, "meta.sr.ht/PROFILE:RO"],
  ];
  test.each(rows)("%s %j", (type, parts, expected, scope) => {
    const { connector } = resolved(provider({ provider: type, ...parts }));
    expect(connector).toMatchObject({ type, clientId: "cid", ...expected });
    expect("scopes" in connector ? connector.scopes.join(" ") : undefined).toBe(scope);
  });

  const names: readonly [string, string][] = [
    ["adfs", "ADFS"],
    ["azure", "Azure"],
    ["bitbucket", "Bitbucket"],
    ["cidaas", "CIDAAS"],
    ["digitalocean", "DigitalOcean"],
    ["entra-id", "Microsoft Entra ID"],
    ["facebook", "Facebook"],
    ["github", "GitHub"],
    ["gitlab", "GitLab"],
    ["google", "Google"],
    ["keycloak", "Keycloak"],
    ["keycloak-oidc", "Keycloak OIDC"],
    ["linkedin", "LinkedIn"],
    ["login.gov", "login.gov"],
    ["nextcloud", "Nextcloud"],
    ["oidc", "OpenID Connect"],
    ["sourcehut", "SourceHut"],
  ];
  test.each(names)("%s is called %s", (type, name) => {
    const parts = { provider: type, oidcConfig: ISSUER, loginGovConfig: { jwtKeyFile: "/rsa.key" } };
    expect(resolved(provider(parts)).providerName).toBe(name);
    expect(resolved(provider({ ...parts, name: "Ours" })).providerName).toBe("Ours");
  });

  test("OpenID Connect with everything", () => {
    const { connector } = resolved(
      provider({
        provider: "oidc",
        code_challenge_method: "plain",
        additionalClaims: ["c"],
        skipClaimsFromProfileURL: true,
        loginURL: "https://l",
        redeemURL: "https://r",
        profileURL: "https://p",
        validateURL: "https://v",
        oidcConfig: {
          issuerURL: "anything",
          skipDiscovery: true,
          publicKeyFiles: ["/pub.pem"],
          insecureSkipNonce: false,
          insecureAllowUnverifiedEmail: true,
          insecureSkipIssuerVerification: true,
          userIDClaim: "upn",
          groupsClaim: "roles",
          audienceClaims: ["azp"],
          extraAudiences: ["x"],
          enabledSigningAlgs: ["ES256"],
        },
      }),
    );
    expect(connector).toMatchObject({
      type: "oidc",
      issuer: "anything",
      discovery: false,
      publicKeys: [PUBLIC_KEY],
      nonce: true,
      pkce: "plain",
      allowUnverifiedEmail: true,
      skipIssuerVerification: true,
      emailClaim: "upn",
      groupsClaim: "roles",
      audienceClaims: ["azp"],
      extraAudiences: ["x"],
      signingAlgorithms: ["ES256"],
      skipUserinfo: true,
      additionalClaims: ["c"],
      claimRules: "oauth2-proxy",
      endpoints: { authorization: "https://l", token: "https://r", userinfo: "https://p", validate: "https://v" },
    });
  });

  test("authorities", () => {
    const { connector, trust } = resolved(
      provider({ provider: "github", caFiles: ["/tls.crt"], useSystemTrustStore: true }),
    );
    expect(trust).toEqual({ authorities: [certificate], useSystemTrustStore: true, insecureSkipVerify: false });
    expect(connector).toMatchObject({ trust });
  });

  const groups: readonly [string, Parts, readonly string[]][] = [
    ["oidc", { allowedGroups: ["a", "", "a", "b"] }, ["a", "b"]],
    ["github", { allowedGroups: ["o:t"] }, ["o:t"]],
    ["gitlab", { gitlabConfig: { group: ["g"], projects: ["p=30", "q"] } }, ["g", "project:p", "project:q"]],
    ["keycloak", { keycloakConfig: { groups: ["/g"] } }, ["/g"]],
    ["keycloak-oidc", { allowedGroups: ["a"], keycloakConfig: { roles: ["r", "c:x"] } }, ["a", "role:r", "role:c:x"]],
    ["google", { googleConfig: { group: ["g"], adminEmail: "a", serviceAccountJson: "/plain" } }, ["g"]],
  ];
  test.each(groups)("groups of %s %j", (type, parts, expected) => {
    expect(resolved(provider({ provider: type, oidcConfig: ISSUER, ...parts })).admissionGroups).toEqual(expected);
  });

  const overlooked: readonly [string, Parts, readonly string[]][] = [
    ["gitlab", { allowedGroups: ["a"] }, ["a"]],
    ["gitlab", { allowedGroups: ["a"], gitlabConfig: { group: ["g"] } }, ["g"]],
    ["keycloak", { allowedGroups: ["a"] }, ["a"]],
    ["keycloak-oidc", { keycloakConfig: { groups: ["g"] } }, ["g"]],
    ["keycloak-oidc", { allowedGroups: ["a"], keycloakConfig: { groups: ["g"] } }, ["a"]],
  ];
  test.each(overlooked)(
    "groups that the original overlooks count where nothing else keeps anybody out: %s %j",
    (type, parts, expected) => {
      const { result, problems } = resolve(provider({ provider: type, oidcConfig: ISSUER, ...parts }));
      expect(result.admissionGroups).toEqual(expected);
      expect(problems).toHaveLength(1);
      expect(problems[0]).toContain("warning: ");
    },
  );
});

describe("client secret", () => {
  const secretOf = ({ connector }: StructuredResult): string =>
    "clientSecret" in connector ? connector.clientSecret.reveal() : "";

  test("the literal one wins, and the file is not read", () => {
    expect(secretOf(resolved(provider({ provider: "github", clientSecretFile: "/missing" })))).toBe("cs");
  });

  test("one in a file is read at each use, to the last byte", () => {
    const files = new Map([["/f", "one\n"]]);
    const problems: Problem[] = [];
    const text =
      "server: {bindAddress: ':1'}\nproviders: [{id: a, provider: github, clientID: c, clientSecretFile: /f}]";
    const { structured, placeOf } = loadAlphaFile({ env: {}, problems }, "a.yaml", text);
    const read = (path: string): string => files.get(path) ?? readFile(path);
    const result = resolveStructured({ readFile: read, env: {}, problems }, structured!, placeOf);
    expect(problems.map(({ severity, message }) => [severity, message])).toEqual([
      ["warning", "the line end at the end of the file is part of the secret."],
    ]);
    expect(secretOf(result)).toBe("one\n");
    files.set("/f", "two");
    expect(secretOf(result)).toBe("two");
    files.delete("/f");
    expect(secretOf(result)).toBe("two");
  });
});

test("login parameters", () => {
  const parts = {
    provider: "oidc",
    oidcConfig: ISSUER,
    authRequestResponseMode: "form_post",
    loginURLParameters: [
      { name: "prompt", default: ["login"] },
      { name: "hint", allow: [{ value: "a" }, { pattern: "@x\\.test$" }] },
    ],
  };
  const parameters = [
    { name: "prompt", defaults: ["login"], allow: [] },
    { name: "hint", defaults: [], allow: [{ value: "a" }, { pattern: "@x\\.test$" }] },
  ];
  const mode = { name: "response_mode", defaults: ["form_post"], allow: [] };
  expect(resolved(provider(parts)).loginParameters).toEqual([...parameters, mode]);
  expect(resolved(provider({ ...parts, provider: "adfs" })).loginParameters).toEqual(parameters);
});

describe("what is wrong with providers", () => {
  const rows: readonly [string, Parts, readonly string[]][] = [
    ["none", { providers: [] }, ["providers: at least one provider has to be defined."]],
    [
      "nothing of the first",
      { providers: [{}] },
      [
        "providers[0].id: provider has empty id: ids are required for all providers.",
        "providers[0].clientID: provider missing setting: client-id.",
        "providers[0].clientSecret: missing setting: client-secret or client-secret-file.",
      ],
    ],
    [
      "two of one id",
      { providers: [OIDC, { ...OIDC, clientID: "" }] },
      [
        "providers[1]: warning: only the first provider is used.",
        "providers[1].id: multiple providers found with id main: provider ids must be unique.",
        "providers[1].clientID: provider missing setting: client-id.",
      ],
    ],
    [
      "unknown type",
      provider({ provider: "gihtub" }),
      ["providers[0].provider: unknown provider type: gihtub. Did you mean github?"],
    ],
    [
      "secret file",
      provider({ provider: "github", clientSecret: "", clientSecretFile: "/no" }),
      ["providers[0].clientSecretFile: could not read client secret file: /no."],
    ],
    [
      "no issuer",
      provider({ provider: "gitlab" }),
      ["providers[0].oidcConfig.issuerURL: missing required setting: issuer-url."],
    ],
    [
      "odd issuer",
      provider({ provider: "oidc", oidcConfig: { issuerURL: "i" } }),
      ["providers[0].oidcConfig.issuerURL: is not the address of an issuer."],
    ],
    [
      "keys nowhere",
      provider({
        provider: "oidc",
        loginURL: "https://l",
        redeemURL: "https://r",
        oidcConfig: { ...ISSUER, skipDiscovery: true },
      }),
      ["providers[0].oidcConfig.jwksURL: missing required setting: jwks-url or public-key-files."],
    ],
    [
      "keys twice, one of them no key, and nowhere to sign in",
      provider({
        provider: "oidc",
        oidcConfig: { ...ISSUER, skipDiscovery: true, jwksURL: "j", publicKeyFiles: ["/plain", "/no"] },
      }),
      [
        "providers[0].oidcConfig.jwksURL: mutually exclusive settings: jwks-url and public-key-files.",
        "providers[0].loginURL: warning: is missing",
        "providers[0].redeemURL: warning: is missing",
        "providers[0].oidcConfig.publicKeyFiles[0]: error while parsing public keys: failed to create keys",
        "providers[0].oidcConfig.publicKeyFiles[1]: error while parsing public keys: failed to read file: open /no: no such file or directory.",
      ],
    ],
    [
      "algorithm",
      provider({ provider: "oidc", oidcConfig: { ...ISSUER, enabledSigningAlgs: ["RS256", "none"] } }),
      ['providers[0].oidcConfig.enabledSigningAlgs[1]: provider p has invalid EnabledSigningAlgs entry "none".'],
    ],
    [
      "pkce method",
      provider({ provider: "github", code_challenge_method: "S512" }),
      ['providers[0].code_challenge_method: warning: unknown PKCE method "S512", so S256 is used.'],
    ],
    [
      "address",
      provider({ provider: "github", loginURL: "http://[x" }),
      ["providers[0].loginURL: could not parse login URL: parse \"http://[x\": missing ']' in host."],
    ],
    [
      "address in the place of which a discovered one stands",
      provider({ provider: "oidc", loginURL: "http://[x", oidcConfig: ISSUER }),
      ["providers[0].loginURL: warning: could not parse login URL: parse \"http://[x\": missing ']' in host."],
    ],
    [
      "authorities",
      provider({ provider: "github", caFiles: ["/no", "/plain"] }),
      [
        "providers[0].caFiles: unable to load provider CA file(s): certificate authority file (/no) could not be read - open /no: no such file or directory.",
        "providers[0].caFiles: unable to load provider CA file(s): loading certificate authority (/plain) failed.",
      ],
    ],
    [
      "gitlab project",
      provider({ provider: "gitlab", oidcConfig: ISSUER, gitlabConfig: { projects: ["a/b=15"] } }),
      [
        "providers[0].gitlabConfig.projects[0]: could not configure allowed projects: invalid gitlab project access level specified (a/b).",
      ],
    ],
    [
      "google groups without means",
      provider({ provider: "google", googleConfig: { group: ["g"], useOrganizationID: true } }),
      [
        "providers[0].googleConfig.group: Google cannot be asked about groups like this.",
        "providers[0].googleConfig.useOrganizationID: couldn't open Google credentials file.",
      ],
    ],
    [
      "google admin",
      provider({ provider: "google", googleConfig: { serviceAccountJson: "/plain" } }),
      ["providers[0].googleConfig.adminEmail: missing setting: google-admin-email."],
    ],
    [
      "google credentials",
      provider({ provider: "google", googleConfig: { adminEmail: "a" } }),
      [
        "providers[0].googleConfig.serviceAccountJson: missing setting: google-service-account-json or google-use-application-default-credentials.",
      ],
    ],
    [
      "google credentials twice",
      provider({
        provider: "google",
        googleConfig: { adminEmail: "a", serviceAccountJson: "/plain", useApplicationDefaultCredentials: true },
      }),
      [
        "providers[0].googleConfig.serviceAccountJson: invalid setting: can't use both google-service-account-json and google-use-application-default-credentials.",
      ],
    ],
    [
      "google credentials file",
      provider({ provider: "google", googleConfig: { adminEmail: "a", serviceAccountJson: "/no" } }),
      ["providers[0].googleConfig.serviceAccountJson: Google credentials file not found: /no."],
    ],
    [
      "entra",
      provider({
        provider: "entra-id",
        clientSecret: "",
        oidcConfig: ISSUER,
        microsoftEntraIDConfig: { federatedTokenAuth: true },
      }),
      [
        "providers[0].microsoftEntraIDConfig.federatedTokenAuth: entra federated token authentication is enabled, but AZURE_FEDERATED_TOKEN_FILE variable is not set",
      ],
    ],
    [
      "login.gov without key",
      provider({ provider: "login.gov", clientSecret: "" }),
      [
        "providers[0].loginGovConfig.jwtKeyFile: could not configure login.gov provider: login.gov provider requires a private key for signing JWTs.",
      ],
    ],
    [
      "login.gov with two keys",
      provider({ provider: "login.gov", loginGovConfig: { jwtKey: "x", jwtKeyFile: "y" } }),
      [
        "providers[0].loginGovConfig.jwtKey: could not configure login.gov provider: cannot set both jwt-key and jwt-key-file options.",
      ],
    ],
    [
      "login.gov with a bad key",
      provider({ provider: "login.gov", loginGovConfig: { jwtKey: "x" } }),
      [
        "providers[0].loginGovConfig.jwtKey: could not configure login.gov provider: could not parse RSA Private Key PEM.",
      ],
    ],
    [
      "login.gov with a key of another kind",
      provider({ provider: "login.gov", loginGovConfig: { jwtKeyFile: "/tls.key" } }),
      [
        "providers[0].loginGovConfig.jwtKeyFile: could not configure login.gov provider: could not parse private key from PEM file: /tls.key.",
      ],
    ],
    [
      "login parameters",
      provider({
        provider: "github",
        loginURLParameters: [
          { name: "a" },
          { name: "a" },
          { name: "b", allow: [{}, { value: "x", pattern: "y" }, { pattern: "(" }] },
        ],
      }),
      [
        "providers[0].loginURLParameters[1].name: parameter a provided more than once in loginURLParameters.",
        "providers[0].loginURLParameters[2].allow[0]: rule 0 in LoginURLParameter b must have exactly one of value or pattern.",
        "providers[0].loginURLParameters[2].allow[1]: rule 1 in LoginURLParameter b must have exactly one of value or pattern.",
        "providers[0].loginURLParameters[2].allow[2].pattern: error parsing regexp: missing closing ): `(`.",
      ],
    ],
  ];
  test.each(rows)("%s", (_name, parts, expected) => expectProblems(parts, expected));

  test("entra's token file", () => {
    const parts = provider({
      provider: "entra-id",
      oidcConfig: ISSUER,
      microsoftEntraIDConfig: { federatedTokenAuth: true },
    });
    const path = "providers[0].microsoftEntraIDConfig.federatedTokenAuth: ";
    expectProblems(parts, [`${path}could not read entra federated token file.`], { AZURE_FEDERATED_TOKEN_FILE: "/no" });
    expectProblems(parts, [], { AZURE_FEDERATED_TOKEN_FILE: "/plain" });
  });
});
