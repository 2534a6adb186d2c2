import { describe, expect, test } from "bun:test";

import type { AppConfiguration } from "../config/configuration.ts";
import type { Session } from "../session/session.ts";
import { createPolicy } from "./decide.ts";
import { createRenderDenied } from "./denied-response.ts";
import { createGate, type GateResult } from "./gate.ts";

const EVERYONE = { everyone: true, groups: [], emails: [], emailDomains: [] };
const ADMINS = { ...EVERYONE, everyone: false, groups: ["admins"] };
const APPS: readonly AppConfiguration[] = [
  {
    host: "wiki.example.com",
    name: "wiki",
    access: { kind: "allow", allow: EVERYONE },
    rules: [{ paths: ["/admin/**"], methods: [], access: { kind: "allow", allow: ADMINS } }],
  },
  { host: "open.example.com", name: "open", access: { kind: "public" }, rules: [] },
];
const SESSION: Session = {
  id: "s",
  connectorId: "c",
  identity: {
    userId: "staff",
    username: "",
    preferredUsername: "",
    email: "staff@example.com",
    emailVerified: true,
    groups: [],
  },
  tokens: {},
  createdAt: 0,
  refreshedAt: 0,
  expiresAt: 0,
};

const decisions: string[] = [];
const gate = createGate({
  policy: createPolicy({ apps: APPS, admission: EVERYONE }),
  sessions: {
    load: (request) => {
      const setCookies = request.headers.has("x-test-cookie") ? ["a=1", "b=2"] : [];
      return request.headers.get("cookie") === "session=staff" ? { session: SESSION, setCookies } : { setCookies };
    },
  },
  metrics: { decision: (app, outcome) => decisions.push(`${app} ${outcome}`) },
  renderDenied: createRenderDenied({
    signInUrl: (target) => `https://auth.example.com/oauth2/start?rd=${encodeURIComponent(target)}`,
    pages: {
      error: (_request, model) =>
        new Response(`${model.code} ${model.startAgainHref ?? "-"}`, { status: model.status }),
    },
  }),
  trustedProxies: { trusts: (address) => address === "10.0.0.1" },
  publicScheme: "https",
});

const PAGE = { Accept: "text/html" };
const SIGNED_IN = { Cookie: "session=staff" };

function ask(path: string, headers: Record<string, string>, peer = "192.0.2.1"): GateResult {
  const request = new Request(`http://127.0.0.1${path}`, { headers: { Host: "wiki.example.com", ...headers } });
  const result = gate(request, { address: () => peer });
  if (result instanceof Promise) throw new Error("the session's cache answers at once");
  return result;
}

async function answered(result: GateResult): Promise<Response> {
  if (result.outcome !== "answer") throw new Error("expected an answer");
  return result.response;
}

describe("the gate of the reverse proxy", () => {
  test("lets somebody pass, at once, with the very target that was decided about", () => {
    const result = ask("/page?a=%2F", SIGNED_IN);
    expect(result).toMatchObject({ outcome: "pass", session: SESSION, app: { name: "wiki" }, setCookies: [] });
    expect(result).toMatchObject({
      target: { scheme: "https", host: "wiki.example.com", path: "/page", search: "?a=%2F" },
    });
    expect(decisions.at(-1)).toBe("wiki allow");
  });

  test("lets a stranger into a public place, without a session", () => {
    const result = ask("/", { Host: "open.example.com" });
    expect(result).toMatchObject({ outcome: "pass", app: { name: "open" } });
    expect(result).not.toHaveProperty("session");
  });

  test("sends a page to sign in and back", async () => {
    const response = await answered(ask("/page?a=1&b=%2F2", { ...PAGE, "X-Test-Cookie": "1" }));
    expect(response.status).toBe(302);
    expect(response.headers.get("location")).toBe(
      "https://auth.example.com/oauth2/start?rd=https%3A%2F%2Fwiki.example.com%2Fpage%3Fa%3D1%26b%3D%252F2",
    );
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  test("tells everything else where to sign in", async () => {
    const response = await answered(ask("/api/x", { Accept: "application/json" }));
    expect(response.status).toBe(401);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toEqual({
      type: "about:blank",
      title: "Sign-in required",
      status: 401,
      sign_in_url: "https://auth.example.com/oauth2/start?rd=https%3A%2F%2Fwiki.example.com%2F",
    });
  });

  test("forbids with a page that offers another account, or with problem+json", async () => {
    const page = await answered(ask("/admin", { ...SIGNED_IN, ...PAGE }));
    expect(page.status).toBe(403);
    expect(await page.text()).toBe(
      "not_allowed https://auth.example.com/oauth2/start?rd=https%3A%2F%2Fwiki.example.com%2Fadmin",
    );
    const problem = await answered(ask("/admin", SIGNED_IN));
    expect(problem.status).toBe(403);
    expect(await problem.json()).toMatchObject({ status: 403, code: "not_allowed" });
  });

  test("has no application under another host", async () => {
    const response = await answered(ask("/", { ...PAGE, ...SIGNED_IN, Host: "evil.test" }));
    expect([response.status, await response.text()]).toEqual([403, "no_app -"]);
  });

  test("refuses a target that it cannot read", () => {
    expect(() => ask("/", { Host: "wiki.example.com, evil.test" })).toThrow(
      expect.objectContaining({ status: 400, code: "bad_request" }),
    );
  });

  test("believes X-Forwarded-Proto from trusted proxies only, and no other forwarding header", async () => {
    const spoofed = {
      ...PAGE,
      "X-Forwarded-Proto": "http",
      "X-Forwarded-Host": "open.example.com",
      "X-Original-URL": "/",
    };
    const location = async (peer: string) => (await answered(ask("/x", spoofed, peer))).headers.get("location");
    expect(await location("192.0.2.1")).toEndWith("rd=https%3A%2F%2Fwiki.example.com%2Fx");
    expect(await location("10.0.0.1")).toEndWith("rd=http%3A%2F%2Fwiki.example.com%2Fx");
  });
});
