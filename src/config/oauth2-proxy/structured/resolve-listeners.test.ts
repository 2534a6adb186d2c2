import { describe, expect, test } from "bun:test";

import { Secret } from "../../../protocol/secret.ts";
import { certificate, expectProblems, key, resolve, type Parts } from "../../../../test/support/structured-file.ts";

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
