import { describe, expect, test } from "bun:test";
import { type Problem, renderProblem } from "../../problem.ts";
import { loadAlphaFile } from "./alpha-file.ts";
import { renderAlpha } from "./render-alpha.ts";

const ENV = { SECRET: "from env" };

function load(text: string) {
  const problems: Problem[] = [];
  const file = loadAlphaFile({ env: ENV, problems }, "a.yaml", text);
  return { ...file, problems: problems.map(renderProblem) };
}

/** Every key there is, in the order and spelling in which the original prints them. */
const COMPLETE = `injectRequestHeaders:
    - name: X-A
      preserveRequestValue: true
      InsecureSkipHeaderNormalization: true
      values:
        - claimSource:
            claim: email
            prefix: 'p '
        - claimSource:
            claim: user
            basicAuthPassword:
                fromFile: /x
        - secretSource:
            value:
                - 195
                - 164
        - secretSource:
            fromEnv: HOME
injectResponseHeaders:
    - name: X-B
      preserveRequestValue: false
metricsServer:
    bindAddress: :3
providers:
    - clientID: cid
      clientSecret: s
      clientSecretFile: /f
      keycloakConfig:
        groups:
            - a
        roles:
            - r
      azureConfig:
        tenant: t
        graphGroupField: f
      microsoftEntraIDConfig:
        allowedTenants:
            - a
        federatedTokenAuth: true
      ADFSConfig:
        skipScope: true
      bitbucketConfig:
        team: t
        repository: r
      githubConfig:
        org: o
        team: t
        repo: r
        token: x
        users:
            - u
      gitlabConfig:
        group:
            - g
        projects:
            - p=30
      googleConfig:
        group:
            - g
        adminEmail: a
        serviceAccountJson: s
        useApplicationDefaultCredentials: true
        targetPrincipal: t
        useOrganizationID: true
        adminAPIUserScope: user
      oidcConfig:
        issuerURL: i
        insecureAllowUnverifiedEmail: true
        insecureSkipIssuerVerification: true
        insecureSkipNonce: false
        skipDiscovery: true
        jwksURL: j
        publicKeyFiles:
            - k
        emailClaim: e
        groupsClaim: g
        userIDClaim: u
        audienceClaims:
            - a
            - b
        extraAudiences:
            - x
        enabledSigningAlgs:
            - RS256
      loginGovConfig:
        jwtKey: k
        jwtKeyFile: f
        pubjwkURL: u
      id: one
      provider: oidc
      name: "N"
      caFiles:
        - /ca
      useSystemTrustStore: true
      loginURL: http://l
      loginURLParameters:
        - name: a
          default:
            - x
            - "y"
        - name: b
          allow:
            - value: ""
            - pattern: ^x$
      authRequestResponseMode: form_post
      redeemURL: r
      profileURL: p
      skipClaimsFromProfileURL: true
      resource: res
      validateURL: v
      scope: openid
      allowedGroups:
        - g
      code_challenge_method: S256
      additionalClaims:
        - c
      backendLogoutURL: http://out
server:
    bindAddress: 127.0.0.1:1
    secureBindAddress: :2
    tls:
        cert:
            value:
                - 99
        cipherSuites:
            - A
            - B
        key:
            fromFile: /k
        minVersion: TLS1.3
upstreamConfig:
    proxyRawPath: true
    upstreams:
        - id: b
          path: ^/b/(.*)$
          rewriteTarget: /$1
          uri: https://x
          insecureSkipTLSVerify: true
          static: false
          flushInterval: 1.5s
          passHostHeader: false
          proxyWebSockets: false
          timeout: 1m0s
          disableKeepAlives: true
        - id: s
          path: /s
          insecureSkipTLSVerify: false
          static: true
          staticCode: 204
          flushInterval: 1s
          passHostHeader: false
          proxyWebSockets: false
          timeout: 30s
          disableKeepAlives: false
`;

test("what the original prints is read, and printed again as it was", () => {
  const { structured, problems } = load(COMPLETE);
  expect(problems.filter((problem) => !problem.includes("this will have no effect"))).toEqual([]);
  expect(structured === undefined ? "" : renderAlpha(structured)).toBe(COMPLETE);
});

describe("defaults", () => {
  test("of a file with nothing in it", () => {
    const { structured, problems } = load("");
    expect(problems).toEqual([]);
    expect(structured).toMatchObject({
      upstreamConfig: { proxyRawPath: false, upstreams: [] },
      injectRequestHeaders: [],
      server: { bindAddress: "", secureBindAddress: "" },
      providers: [
        {
          id: "",
          provider: "google",
          azureConfig: { tenant: "common" },
          oidcConfig: { insecureSkipNonce: true, emailClaim: "email", userIDClaim: "email", audienceClaims: ["aud"] },
        },
      ],
    });
  });

  test("are laid under the first provider only", () => {
    const { structured } = load("providers: [{id: a, oidcConfig: {groupsClaim: ''}}, {id: b}]");
    expect(structured?.providers).toMatchObject([
      { provider: "google", azureConfig: { tenant: "common" }, oidcConfig: { groupsClaim: "groups" } },
      { provider: "", azureConfig: { tenant: "" }, oidcConfig: { groupsClaim: "groups", insecureSkipNonce: true } },
    ]);
  });

  test("of an upstream and a header", () => {
    const { structured } = load("upstreamConfig: {upstreams: [{id: a}]}\ninjectRequestHeaders: [{name: X}]");
    expect(structured?.upstreamConfig.upstreams[0]).toMatchObject({
      static: false,
      flushInterval: 1,
      timeout: 30,
      passHostHeader: true,
      proxyWebSockets: true,
      disableKeepAlives: false,
    });
    expect(structured?.injectRequestHeaders).toEqual([
      { name: "X", preserveRequestValue: false, InsecureSkipHeaderNormalization: false, values: [] },
    ]);
  });

  test("an empty list of providers stays empty, a null one does not", () => {
    expect(load("providers: []").structured?.providers).toEqual([]);
    expect(load("providers:").structured?.providers).toHaveLength(1);
  });
});

test("keys match in any case, variables are put in, mappings are merged", () => {
  const { structured, problems } = load(`
SERVER: {BINDADDRESS: ":1"}
upstreamConfig:
  upstreams:
  - &one {id: a, path: /a, timeout: 2.5, flushInterval: 0}
  - {<<: *one, id: b}
providers: [{id: x, clientSecret: "\${SECRET}", oidcConfig: {audienceClaims: []}}]
`);
  expect(problems).toEqual([]);
  expect(structured?.server.bindAddress).toBe(":1");
  expect(structured?.upstreamConfig.upstreams).toMatchObject([
    { id: "a", path: "/a", timeout: 2.5, flushInterval: 0 },
    { id: "b", path: "/a", timeout: 2.5 },
  ]);
  expect(structured?.providers[0]?.clientSecret).toBe("from env");
  expect(structured?.providers[0]?.oidcConfig.audienceClaims).toEqual(["aud"]);
});

test("places are lines, of the nearest thing for what is not there", () => {
  const { placeOf } = load("server:\n  bindAddress: x\nproviders:\n- id: a\n  scope: b\n- id: c\n");
  const lines = ["server.bindAddress", "providers[0].scope", "providers[1].clientID", "providers[1]", "nothing"].map(
    (path) => placeOf(path).line,
  );
  expect(lines).toEqual([2, 5, 6, 6, undefined]);
  expect(placeOf("providers[1].clientID")).toEqual({ source: "a.yaml", line: 6, path: "providers[1].clientID" });
});

describe("mistakes", () => {
  const rows: readonly [string, string, readonly string[]][] = [
    [
      "an unknown key",
      "server: {bindAdress: x}",
      ["a.yaml:1  server.bindAdress: has invalid keys: bindAdress. Did you mean bindAddress?"],
    ],
    [
      "a key of the flags",
      "cookie: {x: 1}",
      ["a.yaml:1  cookie: has invalid keys: cookie. Known here: upstreamConfig"],
    ],
    ["a key twice", "server: {}\nSERVER: {}", ["a.yaml:2  SERVER: has invalid keys: SERVER is there twice"]],
    [
      "the same key twice",
      "server: {}\nserver: {}",
      ["a.yaml:2  error unmarshalling config: yaml: line 2: Map keys must be unique: server."],
    ],
    ["no YAML", "a: [", ["a.yaml:1  error unmarshalling config: yaml: line 1: "]],
    ["a list as the file", "- a", ['a.yaml  expected a map or struct, got "slice"']],
    ["an open brace", 'a: "${A"', ["a.yaml  error in substituting env variables : closing brace expected."]],
    [
      "numbers and booleans as text",
      "providers:\n- id: 1\n  clientID: true\n  scope: 1.5",
      [
        "a.yaml:2  providers[0].id: expected type 'string', got unconvertible type 'int'. Put it into quotation marks.",
        "a.yaml:3  providers[0].clientID: expected type 'string', got unconvertible type 'bool'.",
        "a.yaml:4  providers[0].scope: expected type 'string', got unconvertible type 'float64'.",
      ],
    ],
    [
      "lists and mappings in the wrong places",
      "providers:\n- allowedGroups: x\n  name: [a]\n  githubConfig: y\n  oidcConfig: {extraAudiences: [1]}",
      [
        "a.yaml:3  providers[0].name: expected type 'string', got unconvertible type '[]interface {}'.",
        "a.yaml:2  providers[0].allowedGroups: source data must be an array or slice, got string. Write a list.",
        "a.yaml:5  providers[0].oidcConfig.extraAudiences[0]: expected type 'string'",
        'a.yaml:4  providers[0].githubConfig: expected a map or struct, got "string".',
      ],
    ],
    [
      "types of an upstream",
      "upstreamConfig: {upstreams: [{static: 'no', timeout: 1day, flushInterval: true, staticCode: a}]}",
      [
        "a.yaml:1  upstreamConfig.upstreams[0].static: expected type 'bool', got unconvertible type 'string'. Write true or false.",
        "a.yaml:1  upstreamConfig.upstreams[0].staticCode: expected type 'int', got unconvertible type 'string'.",
        "a.yaml:1  upstreamConfig.upstreams[0].flushInterval: expected type 'time.Duration', got unconvertible type 'bool'.",
        'a.yaml:1  upstreamConfig.upstreams[0].timeout: time: unknown unit "day" in duration "1day".',
      ],
    ],
    [
      "a whole number as duration",
      "upstreamConfig: {upstreams: [{timeout: 30}]}",
      [
        'a.yaml:1  upstreamConfig.upstreams[0].timeout: time: missing unit in duration "30". Write a duration with a unit',
      ],
    ],
    [
      "a code without static",
      "upstreamConfig: {upstreams: [{id: x, staticCode: 404}]}",
      [
        "a.yaml:1  upstreamConfig.upstreams[0].staticCode: upstream \"x\" has staticCode (404), but is not a static upstream, set 'static' for a static response.",
      ],
    ],
    [
      "what a static upstream does not need",
      "upstreamConfig: {upstreams: [{id: x, static: true, uri: y}]}",
      [
        'a.yaml:1  upstreamConfig.upstreams[0].uri: warning: upstream "x" has uri, but is a static upstream, this will have no effect.',
      ],
    ],
    [
      "bytes that are none",
      "injectRequestHeaders: [{values: [{secretSource: {value: [256]}}]}]",
      ["a.yaml:1  injectRequestHeaders[0].values[0].secretSource.value: expected type '[]uint8'"],
    ],
  ];
  test.each(rows)("%s", (_name, text, expected) => {
    const { problems } = load(text);
    expect(problems.map((problem, index) => problem.slice(0, expected[index]?.length))).toEqual([...expected]);
  });
});
