import { afterEach, describe, expect, test } from "bun:test";

import type { HeaderInjection, HeaderValueSource } from "../../src/config/oauth2-proxy-configuration.ts";
import { Secret } from "../../src/protocol/secret.ts";
import { sendRaw, startRawServer } from "../support/raw-http.ts";
import { http, startUpstreamsFront, type UpstreamsFrontOptions } from "../support/upstreams-front.ts";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanUp.splice(0).reverse()) await clean();
});

const claim = (name: string): HeaderValueSource => ({ kind: "claim", claim: name, prefix: "" });
const inject = (name: string, values: readonly HeaderValueSource[], options: Partial<HeaderInjection> = {}) => ({
  name,
  preserveRequestValue: false,
  exactNameOnly: false,
  values,
  ...options,
});

const USER_HEADERS: readonly HeaderInjection[] = [
  inject("X-Forwarded-User", [claim("user")]),
  inject("X-Forwarded-Groups", [claim("groups")]),
  inject("X-Forwarded-Email", [claim("email")]),
  inject("X-Forwarded-Preferred-Username", [claim("preferred_username")]),
  inject("Authorization", [{ kind: "claim", claim: "id_token", prefix: "Bearer " }]),
];
const KEPT = USER_HEADERS.map((one) => ({ ...one, preserveRequestValue: true }));

interface Story extends Partial<Omit<UpstreamsFrontOptions, "upstreams">> {
  readonly target?: Partial<ReturnType<typeof http>>;
  readonly answer?: string;
}

/** An application that answers as told, with a front in front of it. */
async function start({ target = {}, answer = "HTTP/1.1 204 No Content\r\n\r\n", ...options }: Story = {}) {
  const application = await startRawServer((socket) => void socket.write(answer));
  cleanUp.push(application.stop);
  const origin = `http://127.0.0.1:${application.port}`;
  const front = await startUpstreamsFront({
    requestHeaders: USER_HEADERS,
    ...options,
    upstreams: [{ target: http(origin, target) }],
  });
  cleanUp.push(() => front.stop(0));
  const send = async (lines: readonly string[] = []): Promise<string> => {
    const head = ["GET /x HTTP/1.1", "Host: app.example.com", ...lines, "", ""].join("\r\n");
    const { text } = await sendRaw(front.port, head, { until: "\r\n\r\n" });
    return text;
  };
  /** The fields that the application sees, sorted. */
  const seen = async (lines: readonly string[] = []): Promise<string[]> => {
    await send(lines);
    const head = application.heads.at(-1) ?? "";
    return head
      .trim()
      .split("\r\n")
      .slice(1)
      .map((line) => line.replace(/^[^:]+/, (name) => name.toLowerCase()))
      .toSorted();
  };
  return { application, front, origin, send, seen };
}

const ALICE_SEEN = [
  "authorization: Bearer it",
  "x-forwarded-email: alice@example.com",
  "x-forwarded-groups: admins,dev",
  "x-forwarded-preferred-username: alice.w",
  "x-forwarded-user: alice-sub",
];

const SPOOFED = [
  "X-Forwarded-User: root",
  "X-Forwarded-User: root2",
  "x-forwarded-email: root@evil.test",
  "X_Forwarded_Groups: root",
  "X-Forwarded_User: root",
  "X.Forwarded.Preferred.Username: root",
  "X-Forwarded-Access-Token: root",
  "X-Auth-Request-User: root",
  "X_Auth_Request_Email: root",
  "Authorization: Bearer root",
  "GAP-Auth: root",
  "GAP-Signature: sha256 root",
];

describe("the application sees", () => {
  test("who is signed in, and the client's own fields", async () => {
    const { seen } = await start();
    expect(await seen(["Accept: a/b", "X-Empty:", "Cookie: a=1", "TE: trailers, deflate"])).toEqual(
      [
        ...ALICE_SEEN,
        "accept: a/b",
        "cookie: a=1",
        "host: app.example.com",
        "te: trailers",
        "x-empty: ",
        "x-forwarded-for: 127.0.0.1",
      ].toSorted(),
    );
  });

  test("no identity that the client made up, configured or not, in any spelling", async () => {
    const { seen } = await start();
    expect(await seen(SPOOFED)).toEqual(
      [...ALICE_SEEN, "host: app.example.com", "x-forwarded-for: 127.0.0.1"].toSorted(),
    );
  });

  test("none where nobody is signed in either", async () => {
    const { seen } = await start({ anonymous: true });
    expect(await seen(SPOOFED)).toEqual(["host: app.example.com", "x-forwarded-for: 127.0.0.1"]);
  });

  test("none where no header is configured, but the client's own Authorization", async () => {
    const { seen } = await start({ requestHeaders: [] });
    expect(await seen(SPOOFED)).toEqual([
      "authorization: Bearer root",
      "host: app.example.com",
      "x-forwarded-for: 127.0.0.1",
    ]);
  });

  test("what it is told to preserve, before ours", async () => {
    const { seen } = await start({ requestHeaders: KEPT });
    expect(await seen(["X-Forwarded-User: root", "X_Forwarded_Groups: root", "X-Forwarded-Email:"])).toEqual(
      [
        "authorization: Bearer it",
        "host: app.example.com",
        "x-forwarded-email: ,alice@example.com",
        "x-forwarded-for: 127.0.0.1",
        "x-forwarded-groups: admins,dev",
        "x-forwarded-preferred-username: alice.w",
        "x-forwarded-user: root,alice-sub",
        "x_forwarded_groups: root",
      ].toSorted(),
    );
  });

  test("what it is told to preserve, even when nobody is signed in", async () => {
    const { seen } = await start({ requestHeaders: KEPT, anonymous: true });
    expect(await seen(["X-Forwarded-User: partner", "Authorization: Bearer partner"])).toEqual([
      "authorization: Bearer partner",
      "host: app.example.com",
      "x-forwarded-for: 127.0.0.1",
      "x-forwarded-user: partner",
    ]);
  });

  test("who is signed in even when Connection names it", async () => {
    const { seen } = await start();
    const connection = "Connection: close, X-Forwarded-User, x-forwarded-email, Authorization, X-Forwarded-For, X-Own";
    expect(await seen([connection, "X-Own: 1"])).toEqual(
      [...ALICE_SEEN, "host: app.example.com", "x-forwarded-for: 127.0.0.1"].toSorted(),
    );
  });

  test("nothing of the client's connection", async () => {
    const { seen } = await start();
    const lines = [
      "Keep-Alive: timeout=5",
      "Proxy-Connection: keep-alive",
      "Proxy-Authorization: Basic x",
      "Upgrade: h2c",
      "TE: deflate",
    ];
    expect(await seen(lines)).toEqual(
      [...ALICE_SEEN, "host: app.example.com", "x-forwarded-for: 127.0.0.1"].toSorted(),
    );
  });

  test("its own cookies and none of ours", async () => {
    const { seen } = await start({ requestHeaders: [] });
    const cookies = await seen([
      "Cookie: _oauth2_proxy=s; a=1; _oauth2_proxy_csrf_x=c; b=2",
      "Cookie: _oauth2_proxy_1=t",
    ]);
    expect(cookies.filter((line) => line.startsWith("cookie"))).toEqual(["cookie: a=1; b=2"]);
    expect((await seen(["Cookie: _oauth2_proxy=s"])).join("\n")).not.toContain("cookie");
  });

  test("its own name where the host is not passed", async () => {
    const { seen, application } = await start({ requestHeaders: [], target: { passHostHeader: false } });
    expect(await seen()).toContain(`host: 127.0.0.1:${application.port}`);
  });

  test("no framing or second Host that somebody configured by mistake", async () => {
    const value: HeaderValueSource = { kind: "secret", value: new Secret("evil.test") };
    const requestHeaders = ["Host", "Transfer-Encoding", "Content-Length", "connection"].map((name) =>
      inject(name, [value]),
    );
    const { seen } = await start({ requestHeaders });
    expect(await seen()).toEqual(["host: app.example.com", "x-forwarded-for: 127.0.0.1"]);
  });
});

describe("forwarding headers", () => {
  const FORWARDED = [
    "X-Forwarded-For: 6.6.6.6",
    "X-Forwarded-For: 7.7.7.7",
    "X-Forwarded-Host: wiki.example.com",
    "X-Forwarded-Proto: https",
    "X_Forwarded_Proto: https",
    "Forwarded: for=6.6.6.6",
    "X-Real-IP: 6.6.6.6",
    "X-Original-URL: /admin",
    "X-Rewrite_URL: /admin",
  ];

  test.each([
    ["a private address", "10.1.2.3", []],
    ["a trusted proxy", "203.0.113.9", ["203.0.113.0/24"]],
  ])("of %s pass, with its address at the end", async (_who, peerAddress, trustedProxyRanges) => {
    const { seen } = await start({ requestHeaders: [], peerAddress, deps: { trustedProxyRanges } });
    expect(await seen(FORWARDED)).toEqual([
      "forwarded: for=6.6.6.6",
      "host: app.example.com",
      `x-forwarded-for: 6.6.6.6, 7.7.7.7, ${peerAddress}`,
      "x-forwarded-host: wiki.example.com",
      "x-forwarded-proto: https",
      "x-original-url: /admin",
      "x-real-ip: 6.6.6.6",
      "x-rewrite_url: /admin",
      "x_forwarded_proto: https",
    ]);
  });

  test.each([
    ["the internet", "203.0.113.9", []],
    ["a private address that is not among the trusted proxies", "10.1.2.3", ["203.0.113.0/24"]],
  ])("of %s are dropped", async (_who, peerAddress, trustedProxyRanges) => {
    const { seen, front } = await start({ requestHeaders: [], peerAddress, deps: { trustedProxyRanges } });
    expect(await seen(FORWARDED)).toEqual(["host: app.example.com", `x-forwarded-for: ${peerAddress}`]);
    expect(await seen(FORWARDED)).toEqual(["host: app.example.com", `x-forwarded-for: ${peerAddress}`]);
    expect(front.lines.filter((line) => line.includes("--trusted-proxy-ip"))).toHaveLength(1);
  });

  test("of a unix socket pass as they are", async () => {
    const { seen } = await start({ requestHeaders: [], peerAddress: "" });
    expect(await seen(["X-Forwarded-For: 6.6.6.6"])).toEqual(["host: app.example.com", "x-forwarded-for: 6.6.6.6"]);
  });
});

describe("the browser gets", () => {
  const answer = [
    "HTTP/1.1 200 OK",
    "Content-Length: 2",
    "Content-Type: text/plain",
    "X-Many: one",
    "X-Many: two",
    "GAP-Auth: from-upstream",
    "Set-Cookie: app=1",
    "Set-Cookie: _oauth2_proxy=stolen",
    "Set-Cookie: app2=2",
    "Connection: X-Private",
    "X-Private: 1",
    "Keep-Alive: timeout=5",
    "",
    "ok",
  ].join("\r\n");

  test("ours, then the application's fields, cookies line by line, and no cookie of our name", async () => {
    const { send } = await start({
      answer,
      context: {
        responseHeaders: [
          ["GAP-Auth", "alice@example.com"],
          ["X-Many", "a,b"],
        ],
        setCookies: ["_oauth2_proxy=renewed; Path=/"],
      },
    });
    const lines = (await send()).split("\r\n").map((line) => line.toLowerCase());
    expect(lines).toContain("gap-auth: alice@example.com, from-upstream");
    expect(lines).toContain("x-many: a,b, one, two");
    expect(lines.filter((line) => line.startsWith("set-cookie"))).toEqual([
      "set-cookie: app=1",
      "set-cookie: app2=2",
      "set-cookie: _oauth2_proxy=renewed; path=/",
    ]);
    expect(lines.some((line) => /^(?:x-private|keep-alive)/.test(line))).toBe(false);
  });

  test("no type of a body that is not there", async () => {
    const { send } = await start({ answer: 'HTTP/1.1 304 Not Modified\r\nContent-Type: a/b\r\nETag: "x"\r\n\r\n' });
    const head = (await send()).toLowerCase();
    expect(head).toContain('etag: "x"');
    expect(head).not.toContain("content-type");
  });
});
