import { describe, expect, test } from "bun:test";
import { selfSigned } from "../../../../test/support/self-signed.ts";
import { Secret } from "../../../protocol/secret.ts";
import { type Problem, renderProblem } from "../../problem.ts";
import { loadAlphaFile } from "./alpha-file.ts";
import { resolveStructured } from "./resolve-structured.ts";

const { certificate, key } = selfSigned("one");

const FILES: Readonly<Record<string, string>> = {
  "/tls.crt": certificate,
  "/tls.key": key,
  "/other.key": selfSigned("two").key,
  "/secret": "s3cret\r\n",
  "/two-lines": "a\nb\n",
};

function readFile(path: string): string {
  const text = FILES[path];
  if (text === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
  return text;
}

const PROVIDER = { id: "p", provider: "github", clientID: "c", clientSecret: "s", additionalClaims: ["org.name"] };
const ENV = { PASSWORD: "pass", LISTEN_FDS: "2", KEY: key };

type Parts = Readonly<Record<string, unknown>>;

function resolve(parts: Parts) {
  const problems: Problem[] = [];
  const text = JSON.stringify({ server: { bindAddress: ":1" }, providers: [PROVIDER], ...parts });
  const { structured, placeOf } = loadAlphaFile({ env: ENV, problems }, "a.yaml", text.replaceAll("$", "$$$$"));
  if (structured === undefined) throw new Error(problems.map(renderProblem).join("\n"));
  const result = resolveStructured({ readFile, env: ENV, problems }, structured, placeOf);
  return { result, problems: problems.map((problem) => renderProblem(problem).replace("a.yaml:1  ", "")) };
}

/** Each problem begins like this. */
function expectProblems(parts: Parts, expected: readonly string[]): void {
  const { problems } = resolve(parts);
  expect(problems.map((problem, index) => problem.slice(0, expected[index]?.length))).toEqual([...expected]);
}

describe("listeners", () => {
  const rows: readonly [string, object][] = [
    ["127.0.0.1:4180", { kind: "tcp", host: "127.0.0.1", port: 4180 }],
    [":4180", { kind: "tcp", host: "::", port: 4180 }],
    ["[::1]:80", { kind: "tcp", host: "::1", port: 80 }],
    ["http://127.0.0.1:80", { kind: "tcp", host: "127.0.0.1", port: 80 }],
    ["tcp4://127.0.0.1:80", { kind: "tcp", host: "127.0.0.1", port: 80 }],
    ["unix:///run/x.sock", { kind: "unix", path: "/run/x.sock" }],
    ["unix://x.sock,mode=0660", { kind: "unix", path: "x.sock", mode: 0o660 }],
    ["unix:///x,other=1,mode=777", { kind: "unix", path: "/x", mode: 0o777 }],
    ["fd:3", { kind: "fd", fd: 3 }],
    ["FD:4", { kind: "fd", fd: 4 }],
  ];
  test.each(rows)("%s", (bindAddress, address) => {
    const { result, problems } = resolve({ server: { bindAddress }, metricsServer: { bindAddress } });
    expect(problems).toEqual([]);
    expect(result.listeners).toEqual([{ address }] as never);
    expect(result.telemetryListeners).toEqual([{ address }] as never);
  });

  test("nothing but plain, nothing but TLS, both", () => {
    const tls = { key: { fromFile: "/tls.key" }, cert: { fromFile: "/tls.crt" } };
    const files = { certificate: { file: "/tls.crt" }, key: { file: "/tls.key" } };
    const secure = {
      address: { kind: "tcp", host: "::", port: 443 },
      tls: { ...files, minVersion: "TLSv1.2", ciphers: [] },
    } as const;
    const plain = { address: { kind: "tcp", host: "::", port: 80 } } as const;
    const listeners = (server: Parts) => resolve({ server }).result.listeners;
    expect(listeners({ bindAddress: ":80", secureBindAddress: "-" })).toEqual([plain]);
    expect(listeners({ bindAddress: "-", secureBindAddress: ":443", tls })).toEqual([secure]);
    expect(listeners({ bindAddress: ":80", secureBindAddress: "https://:443", tls })).toEqual([plain, secure]);
  });

  test("certificates as text, versions and suites", () => {
    const tls = { key: { fromEnv: "KEY" }, cert: { value: certificate }, minVersion: "TLS1.3" };
    const tlsOf = (more: Parts) => {
      const server = { secureBindAddress: ":443", tls: { ...tls, ...more } };
      const { result, problems } = resolve({ server });
      expect(problems).toEqual([]);
      return result.listeners[0]?.tls;
    };
    expect(tlsOf({})).toEqual({
      certificate: { text: new Secret(certificate) },
      key: { text: new Secret(key) },
      minVersion: "TLSv1.3",
      ciphers: [],
    });
    const cipherSuites = [
      "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
      "TLS_RSA_WITH_RC4_128_SHA",
      "TLS_AES_128_GCM_SHA256",
    ];
    expect(tlsOf({ minVersion: "TLS1.2", cipherSuites })).toMatchObject({
      minVersion: "TLSv1.2",
      ciphers: ["ECDHE-RSA-AES128-GCM-SHA256"],
    });
    // Chosen were suites of TLS 1.3 only.
    expect(tlsOf({ minVersion: "", cipherSuites: ["TLS_AES_128_GCM_SHA256"] })).toMatchObject({
      minVersion: "TLSv1.3",
      ciphers: [],
    });
  });

  const wrong: readonly [string, string][] = [
    ["nonsense", "listen (tcp, nonsense) failed: listen tcp: address nonsense: missing port in address."],
    ["https://:1", "listen (https, :1) failed: listen https: unknown network https."],
    ["HTTP://:1", "listen (HTTP, :1) failed: listen HTTP: unknown network HTTP."],
    ["unix://", "listen (unix, "],
    ["unix:///x,mode", "listen (unix, /x,mode) failed: unix socket option mode expects a value."],
    ["unix:///x,mode=9", "listen (unix, /x,mode=9) failed: unix socket file mode has invalid value 9."],
    ["fd:web", "listen (file, web) failed: listen failed: fd with name is not implemented yet."],
    ["fd:2", "listen (file, 2) failed: listen failed: fd outside of range of available file descriptors."],
    ["fd:5", "listen (file, 5) failed: listen failed: fd outside of range of available file descriptors."],
  ];
  test.each(wrong)("%s is refused", (bindAddress, message) => {
    expectProblems({ server: { bindAddress } }, [`server.bindAddress: error setting up listener: ${message}`]);
  });

  const CERT = { fromFile: "/tls.crt" };
  const KEY = { fromFile: "/tls.key" };
  const wrongTls: readonly [string, Parts, readonly string[]][] = [
    ["nothing", {}, ["server.tls: error setting up TLS listener: no TLS config provided."]],
    [
      "no key",
      { tls: { cert: CERT } },
      [
        "server.tls.key: error setting up TLS listener: could not load certificate: could not load key data: no configuration provided.",
      ],
    ],
    [
      "an empty key",
      { tls: { cert: CERT, key: {} } },
      [
        "server.tls.key: error setting up TLS listener: could not load certificate: could not load key data: secret source is invalid: exactly one entry required, specify either value, fromEnv or fromFile.",
      ],
    ],
    [
      "no such certificate",
      { tls: { key: KEY, cert: { fromFile: "/no" } } },
      [
        "server.tls.cert: error setting up TLS listener: could not load certificate: could not load cert data: open /no: no such file or directory.",
      ],
    ],
    [
      "another's key",
      { tls: { cert: CERT, key: { fromFile: "/other.key" } } },
      [
        "server.tls.cert: error setting up TLS listener: could not load certificate: could not parse certificate data: private key does not match public key.",
      ],
    ],
    [
      "no certificate",
      { tls: { cert: { value: "x" }, key: KEY } },
      [
        "server.tls.cert: error setting up TLS listener: could not load certificate: could not parse certificate data: failed to find any PEM data.",
      ],
    ],
    [
      "version and suite",
      { tls: { cert: CERT, key: KEY, minVersion: "TLS1.0", cipherSuites: ["NONE"] } },
      [
        'server.tls.cipherSuites: error setting up TLS listener: could not parse cipher suites: unknown TLS cipher suite name specified "NONE".',
        "server.tls.minVersion: error setting up TLS listener: unknown TLS MinVersion config provided.",
      ],
    ],
    [
      "address",
      { secureBindAddress: "x", tls: { cert: CERT, key: KEY } },
      [
        "server.secureBindAddress: error setting up TLS listener: listen (x) failed: listen tcp: address x: missing port in address.",
      ],
    ],
  ];
  test.each(wrongTls)("TLS: %s", (_name, server, expected) => {
    expectProblems({ server: { secureBindAddress: ":443", ...server } }, expected);
  });

  test("no address at all", () => {
    expectProblems({ server: { bindAddress: "-" } }, ["server: there is no address to listen on."]);
  });
});

describe("headers", () => {
  const valuesOf = (values: readonly Parts[]) => {
    const { result, problems } = resolve({ injectRequestHeaders: [{ name: "X-A", values }] });
    expect(problems).toEqual([]);
    return result.requestHeaders[0]?.values;
  };

  test("claims, with prefix and password", () => {
    const values = [
      { claimSource: { claim: "email" } },
      { claimSource: { claim: "org.name", prefix: "p " } },
      { claimSource: { claim: "user", basicAuthPassword: { fromEnv: "PASSWORD" } } },
    ];
    expect(valuesOf(values)).toEqual([
      { kind: "claim", claim: "email", prefix: "" },
      { kind: "claim", claim: "org.name", prefix: "p " },
      { kind: "claim", claim: "user", prefix: "", basicAuthPassword: new Secret("pass") },
    ]);
  });

  test("secrets: as they are, of a variable, of a file without its last line end", () => {
    const values = [{ value: "YQ==" }, { value: [97, 98] }, { fromEnv: "PASSWORD" }, { fromFile: "/secret" }];
    const secrets = valuesOf(values.map((secretSource) => ({ secretSource })));
    const revealed = secrets?.map((source) => (source.kind === "secret" ? source.value.reveal() : ""));
    expect(revealed).toEqual(["YQ==", "ab", "pass", "s3cret"]);
  });

  test("a response never keeps what a request said", () => {
    const headers = [{ name: "x", preserveRequestValue: true, InsecureSkipHeaderNormalization: true }];
    const { result } = resolve({ injectRequestHeaders: headers, injectResponseHeaders: headers });
    expect(result.requestHeaders).toEqual([{ name: "x", preserveRequestValue: true, exactNameOnly: true, values: [] }]);
    expect(result.responseHeaders).toEqual([
      { name: "x", preserveRequestValue: false, exactNameOnly: true, values: [] },
    ]);
  });

  const A = 'invalid header "X-A": invalid values: ';
  const ONE = "multiple values specified for secret source: specify either value, fromEnv of fromFile.";
  const rows: readonly [string, readonly Parts[], readonly string[]][] = [
    ["no name", [{}], ["[0].name: injectResponseHeaders: header has empty name: names are required for all headers."]],
    [
      "a name that is none",
      [{ name: "a b" }],
      ['[0].name: injectResponseHeaders: header "a b" has a name that HTTP does not allow.'],
    ],
    [
      "a name twice",
      [{ name: "a" }, { name: "a" }, { name: "A" }],
      ['[1].name: injectResponseHeaders: multiple headers found with name "a": header names must be unique.'],
    ],
    [
      "both and neither",
      [{ name: "X-A", values: [{}, { claimSource: { claim: "user" }, secretSource: { value: "x" } }] }],
      [
        `[0].values[0]: injectResponseHeaders: ${A}header value has multiple entries: only one entry per value is allowed.`,
        `[0].values[1]: injectResponseHeaders: ${A}header value has multiple entries: only one entry per value is allowed.`,
      ],
    ],
    [
      "secrets",
      [
        {
          name: "X-A",
          values: [
            { secretSource: {} },
            { secretSource: { value: "a", fromEnv: "PASSWORD" } },
            { secretSource: { fromEnv: "NONE" } },
            { secretSource: { fromFile: "/no" } },
            { secretSource: { fromFile: "/two-lines" } },
          ],
        },
      ],
      [
        `[0].values[0].secretSource: injectResponseHeaders: ${A}${ONE}`,
        `[0].values[1].secretSource: injectResponseHeaders: ${A}${ONE}`,
        `[0].values[2].secretSource: injectResponseHeaders: ${A}error loading secret from environent: no value for for key "NONE".`,
        `[0].values[3].secretSource: injectResponseHeaders: ${A}error loadig secret from file: stat /no: no such file or directory.`,
        `[0].values[4].secretSource: injectResponseHeaders: ${A}the secret has a control character in it, such as a line end.`,
      ],
    ],
    [
      "claims",
      [
        {
          name: "X-A",
          values: [
            { claimSource: { claim: "" } },
            { claimSource: { claim: "usr" } },
            { claimSource: { claim: "user", basicAuthPassword: { value: "" } } },
          ],
        },
      ],
      [
        `[0].values[0].claimSource: injectResponseHeaders: ${A}claim should not be empty.`,
        '[0].values[1].claimSource.claim: warning: there is no claim "usr", so the header stays empty.',
        `[0].values[2].claimSource.basicAuthPassword: injectResponseHeaders: ${A}invalid basicAuthPassword: ${ONE}`,
      ],
    ],
  ];
  test.each(rows)("%s", (_name, headers, expected) => {
    expectProblems(
      { injectResponseHeaders: headers },
      expected.map((problem) => `injectResponseHeaders${problem}`),
    );
  });
});

describe("upstreams", () => {
  const config = (...upstreams: readonly Parts[]): Parts => ({ upstreamConfig: { upstreams } });
  const http = {
    kind: "http",
    insecureSkipTlsVerify: false,
    passHostHeader: true,
    proxyWebSockets: true,
    timeoutSeconds: 30,
    disableKeepAlives: false,
  };

  const rows: readonly [Parts, object][] = [
    [{ uri: "http://a:80/base?x#y" }, { ...http, origin: "http://a:80" }],
    [{ uri: "HTTPS://user:pass@[::1]:99999" }, { ...http, origin: "https://[::1]:99999" }],
    [{ uri: "unix:///run/x.sock" }, { ...http, origin: "http://localhost", socketPath: "/run/x.sock" }],
    [{ uri: "file:///srv/a%20b" }, { kind: "file", directory: "/srv/a b" }],
    [{ uri: "file://" }, { kind: "file", directory: "." }],
    [{ static: true }, { kind: "static", status: 200 }],
    [
      { static: true, staticCode: 503 },
      { kind: "static", status: 503 },
    ],
    [
      {
        uri: "http://a",
        timeout: "2m",
        flushInterval: "-1s",
        passHostHeader: false,
        proxyWebSockets: false,
        insecureSkipTLSVerify: true,
        disableKeepAlives: true,
      },
      {
        kind: "http",
        origin: "http://a",
        insecureSkipTlsVerify: true,
        passHostHeader: false,
        proxyWebSockets: false,
        timeoutSeconds: 120,
        disableKeepAlives: true,
      },
    ],
  ];
  test.each(rows)("%j", (upstream, target) => {
    const { result, problems } = resolve(config({ id: "a", path: "/", ...upstream }));
    expect(problems).toEqual([]);
    expect(result.upstreams).toEqual({ proxyRawPath: false, upstreams: [{ id: "a", path: "/", target }] } as never);
  });

  test("paths and expressions", () => {
    const { result, problems } = resolve({
      upstreamConfig: {
        proxyRawPath: true,
        upstreams: [
          { id: "a", path: "/a/", static: true },
          { id: "b", path: "^/b/{1}(?P<x>.*)$", rewriteTarget: "/${x}?y=$1", static: true },
        ],
      },
    });
    expect(problems).toEqual([]);
    const target = { kind: "static", status: 200 } as const;
    expect(result.upstreams).toEqual({
      proxyRawPath: true,
      upstreams: [
        { id: "a", path: "/a/", target },
        { id: "b", path: "^/b/{1}(?P<x>.*)$", rewriteTarget: "/${x}?y=$1", target },
      ],
    });
  });

  const S = { static: true };
  const wrong: readonly [string, readonly Parts[], readonly string[]][] = [
    [
      "nothing",
      [{}],
      [
        "[0].id: upstream has empty id: ids are required for all upstreams.",
        '[0].path: upstream "" has empty path: paths are required for all upstreams.',
        '[0].uri: upstream "" has empty uri: uris are required for all non-static upstreams.',
      ],
    ],
    [
      "twice",
      [
        { id: "a", path: "/", ...S },
        { id: "a", path: "/", ...S },
      ],
      [
        '[1].id: multiple upstreams found with id "a": upstream ids must be unique.',
        '[1].path: multiple upstreams found with path "/": upstream paths must be unique.',
      ],
    ],
    ["scheme", [{ id: "a", path: "/", uri: "ftp://x" }], ['[0].uri: upstream "a" has invalid scheme: "ftp".']],
    ["no scheme", [{ id: "a", path: "/", uri: "x" }], ['[0].uri: upstream "a" has invalid scheme: "".']],
    [
      "address",
      [{ id: "a", path: "/", uri: "http://u:p@[x" }],
      ["[0].uri: upstream \"a\" has invalid uri: missing ']' in host."],
    ],
    ["path", [{ id: "a", path: "x", ...S }], ['[0].path: upstream "a": path must start with a slash, got "x".']],
    ["variable", [{ id: "a", path: "/{x}", ...S }], ['[0].path: upstream "a": variables in a path are not known.']],
    [
      "expression",
      [{ id: "a", path: "/(", rewriteTarget: "/", ...S }],
      ['[0].path: invalid path "/(" for upstream: error parsing regexp: missing closing ): `/(`.'],
    ],
    [
      "status",
      [{ id: "a", path: "/", ...S, staticCode: 99 }],
      ['[0].staticCode: upstream "a": 99 is not an HTTP status.'],
    ],
  ];
  test.each(wrong)("%s", (_name, upstreams, expected) => {
    expectProblems(
      config(...upstreams),
      expected.map((problem) => `upstreamConfig.upstreams${problem}`),
    );
  });
});
