import { describe, expect, test } from "bun:test";

import { selfSigned } from "../../../test/support/self-signed.ts";
import { loadDexConfiguration } from "./load-dex-configuration.ts";
import { resolveStoredConnector } from "./resolve-stored-connector.ts";

const CA = selfSigned("upstream").certificate;
const FILES: Readonly<Record<string, string>> = { "/ca.pem": CA, "/empty.pem": "nothing\n" };

function readFile(path: string): string {
  const text = FILES[path];
  if (text === undefined) throw new Error(`open ${path}: no such file or directory`);
  return text;
}

/** What is said of one connector, when it must be opened. */
function messagesOf(type: string, config: string): readonly string[] {
  const file = `issuer: https://dex.example.com
storage: { type: memory }
web: { http: ":5556" }
enablePasswordDB: true
connectors: [{ type: ${type}, id: c, name: C, config: { ${config} } }]
`;
  const env = { DEX_CONTINUE_ON_CONNECTOR_FAILURE: "false", CA_BASE64: btoa(CA), NONE_BASE64: btoa("nothing") };
  const read = (path: string): string => (path === "dex.yaml" ? file : readFile(path));
  const command = loadDexConfiguration({ readFile: read, env }, ["serve", "dex.yaml"]);
  return command.kind === "serve" ? command.result.problems.map(({ path, message }) => `${path}: ${message}`) : [];
}

const CALLBACK = "redirectURI: https://dex.example.com/callback";
const LDAP = "host: h, userSearch: { baseDN: dc=h, username: uid }";
const SAML = `ssoURL: https://s/, usernameAttr: "n", emailAttr: e, ${CALLBACK}`;
const OIDC = `issuer: https://i, ${CALLBACK}`;

/** Connector, its options, and what the original says when it opens it. */
const REFUSED: readonly (readonly [type: string, config: string, ...messages: string[]])[] = [
  [
    "ldap",
    "insecureNoSSL: true",
    'host: ldap: missing required field "host"',
    'userSearch.baseDN: ldap: missing required field "userSearch.baseDN"',
    'userSearch.username: ldap: missing required field "userSearch.username"',
  ],
  ["ldap", `${LDAP}, groupSearch: { scope: all }`, 'groupSearch.scope: groupSearch.Scope unknown value "all"'],
  ["ldap", `${LDAP}, rootCA: /nope.pem`, "rootCA: ldap: read ca file: open /nope.pem: no such file or directory"],
  ["ldap", `${LDAP}, rootCA: /empty.pem`, "rootCA: ldap: no certs found in ca file"],
  ["ldap", `${LDAP}, rootCAData: $NONE_BASE64`, "rootCAData: ldap: no certs found in ca file"],
  ["ldap", LDAP.replace("host: h", "host: 'ldap://h'"), "host: is no host"],
  [
    "saml",
    "entityIssuer: e",
    'ssoURL: missing required fields ["ssoURL" "usernameAttr" "emailAttr" "redirectURI"]',
    "ca: must provide either 'ca' or 'caData'",
    "redirectURI: is not https://dex.example.com/callback, so nobody can sign in with this connector",
  ],
  ["saml", `${SAML}, ca: /ca.pem, caData: $CA_BASE64`, "ca: must provide either 'ca' or 'caData'"],
  ["saml", `${SAML}, ca: /nope.pem`, "ca: read ca file: open /nope.pem: no such file or directory"],
  ["saml", `${SAML}, ca: /empty.pem`, "ca: parse cert: trailing data"],
  ["saml", `${SAML}, caData: ""`, "caData: no certificates found in ca data"],
  ["saml", `${SAML}, caData: "%"`, "caData: illegal base64 data", "ca: must provide either 'ca' or 'caData'"],
  ["saml", `${SAML}, ca: /ca.pem, nameIDPolicyFormat: nick`, 'nameIDPolicyFormat: invalid nameIDPolicyFormat: "nick"'],
  [
    "github",
    `${CALLBACK}, org: a, orgs: [{ name: b }]`,
    "org: github: cannot use both 'org' and 'orgs' fields simultaneously",
  ],
  ["github", `${CALLBACK}, hostName: https://gh`, "hostName: invalid hostname: hostname cannot contain `/`"],
  [
    "github",
    `${CALLBACK}, rootCA: /ca.pem`,
    "rootCA: invalid connector config: Host name field required for a root certificate file",
  ],
  [
    "github",
    `${CALLBACK}, teamNameField: nick`,
    "teamNameField: invalid connector config: unsupported team name field value `nick`",
  ],
  [
    "github",
    `${CALLBACK}, preferredEmailDomain: "example.*"`,
    'preferredEmailDomain: invalid PreferredEmailDomain: glob pattern cannot end with "*"',
  ],
  ["gitlab", `${CALLBACK}, rootCAData: $NONE_BASE64`, "rootCAData: gitlab: invalid rootCAData"],
  [
    "google",
    `${CALLBACK}, serviceAccountFilePath: /sa.json`,
    "serviceAccountFilePath: directory service requires the domainToAdminEmail option to be configured",
  ],
  ["microsoft", `${CALLBACK}, groupNameFormat: nick`, "groupNameFormat: invalid groupNameFormat: nick"],
  ["atlassian-crowd", "clientID: a", "baseURL: crowd: no baseURL provided for crowd connector"],
  ["mockPassword", "username: u", "password: no password supplied"],
  [
    "oidc",
    `${OIDC}, hostedDomains: [a]`,
    "hostedDomains: support for the Hosted domains option had been deprecated and removed, consider switching to the Google connector",
  ],
  ["oidc", CALLBACK, "issuer: is not the address of an issuer"],
  ["oidc", `${OIDC}, pkceChallenge: S512`, "pkceChallenge: unknown PKCE method"],
  [
    "oidc",
    `${OIDC}, rootCAs: [/ca.pem, /nope.pem]`,
    "rootCAs: rootCAs.1 is not in PEM format, certificate must be a PEM encoded string, a base64 encoded bytes that contain PEM encoded string, or a path to a PEM encoded certificate",
  ],
  [
    "oidc",
    `${OIDC}, claimModifications: { filterGroupClaims: { groupsFilter: "(" } }`,
    "claimModifications.filterGroupClaims.groupsFilter: error parsing regexp: missing closing ): `(`",
  ],
];

/** Options that look odd, and are not. */
const ACCEPTED: readonly (readonly [type: string, config: string])[] = [
  ["ldap", `${LDAP}, rootCAData: $CA_BASE64, rootCA: /nope.pem`],
  ["ldap", `${LDAP}, clientCert: /nope.pem`],
  ["ldap", `${LDAP}, kerberos: { enabled: false, keytabPath: /keytab, maxClockSkew: 300 }`],
  ["saml", `${SAML}, insecureSkipSignatureValidation: true`],
  ["saml", `${SAML}, ca: /ca.pem, nameIDPolicyFormat: "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"`],
  ["oidc", `${OIDC}, rootCAs: [/ca.pem, $CA_BASE64, ""], CLIENTID: a`],
  ["google", `${CALLBACK}, serviceAccountFilePath: /sa.json, ADMINEMAIL: a@example.com`],
];

describe("a connector that the original could not open either", () => {
  test.each(REFUSED)("%s with %s", (type, config, ...messages) => {
    const expected = messages.map((message) => `connectors[0].config.${message}.`);
    expect(messagesOf(type, config).toSorted()).toEqual(expected.toSorted());
  });

  test.each(ACCEPTED)("but %s with %s", (type, config) => expect(messagesOf(type, config)).toEqual([]));
});

describe("a connector that lies in the storage", () => {
  const stored = (type: string, config: string) =>
    resolveStoredConnector({ readFile }, { id: "s", type, name: "S", config: new TextEncoder().encode(config) });

  test("as the original writes it: every key, zero values, null, names without regard to case", () => {
    const config = {
      issuer: "https://i",
      issuerAlias: "",
      clientID: "a",
      clientSecret: "$HOME",
      redirectURI: "",
      Scopes: null,
      providerDiscoveryOverrides: { tokenURL: "" },
      promptType: null,
      rootCAs: ["/ca.pem"],
      hostedDomains: null,
      basicAuthUnsupported: null,
      claimModifications: { newGroupFromClaims: null },
      newerThanUs: { x: [1] },
    };
    const result = stored("oidc", JSON.stringify(config));
    const connector = "configuration" in result ? result.configuration : undefined;
    expect(connector).toMatchObject({ type: "federated", id: "s", name: "S" });
    const upstream = connector?.type === "federated" ? connector.upstream : undefined;
    expect(upstream).toMatchObject({ type: "oidc", scopes: ["profile", "email"], promptType: "consent" });
    expect(upstream?.type === "oidc" && upstream.clientSecret.reveal()).toBe("$HOME");
    expect(upstream?.type === "oidc" && upstream.trust?.authorities).toEqual([CA]);
  });

  test("without a config, and the password database", () => {
    expect(stored("mockCallback", "")).toMatchObject({ configuration: { upstream: { type: "mockCallback" } } });
    expect(stored("local", "null")).toMatchObject({
      configuration: { type: "local", id: "s", prompt: "Email Address" },
    });
  });

  const unusable: readonly (readonly [type: string, config: string, message: string])[] = [
    ["oracle", "{}", 'unknown connector type "oracle".'],
    ["toString", "{}", 'unknown connector type "toString".'],
    ["oidc", "{", "its config is no JSON."],
    ["oidc", '{"issuer":1}', "cannot unmarshal number into string."],
    ["oidc", '["a"]', "cannot unmarshal array into a mapping."],
    ["mockPassword", '{"username":"a"}', "no password supplied."],
    [
      "ldap",
      `{"host":"h","userSearch":{"baseDN":"d","username":"u"},"kerberos":{"enabled":true}}`,
      "not supported yet: config.kerberos.enabled.",
    ],
  ];
  test.each(unusable)("%s with %s", (type, config, message) => {
    const result = stored(type, config);
    expect("problems" in result && result.problems.map((problem) => problem.message)[0]).toBe(message);
  });
});
