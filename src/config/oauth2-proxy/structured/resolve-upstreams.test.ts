import { describe, expect, test } from "bun:test";

import { expectProblems, resolve, type Parts } from "../../../../test/support/structured-file.ts";

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
