import { describe, expect, test } from "bun:test";

import type { Peer } from "./handler.ts";
import { createRouter } from "./router.ts";

const peer: Peer = { address: () => "127.0.0.1" };
const counted: string[] = [];
const router = createRouter(
  [
    { path: "/exact", methods: ["GET"], handle: () => new Response("exact") },
    { path: "/auth/:connector/login", handle: (_request, _peer, { connector }) => new Response(connector) },
    { path: "/static/*", handle: (_request, _peer, { rest }) => new Response(rest) },
    { path: "/late", handle: async () => new Response("late", { status: 201 }) },
  ],
  () => new Response("none", { status: 404 }),
  (route, status) => counted.push(`${route} ${status}`),
);
const ask = async (path: string, method = "GET"): Promise<string> => {
  const response = await router(new Request(`http://host${path}`, { method }), peer);
  return `${response.status} ${await response.text()}`;
};

describe("router", () => {
  test.each([
    ["/exact", "200 exact"],
    ["/exact?a=1", "200 exact"],
    ["/exact/", "404 none"],
    ["/%65xact", "404 none"],
    ["/auth/a%2Fb/login", "200 a/b"],
    ["/auth//login", "404 none"],
    ["/auth/%/login", "404 none"],
    ["/static/a/b.css", "200 a/b.css"],
    ["/static", "404 none"],
    ["/late", "201 late"],
  ])("%s → %s", async (path, expected) => expect(await ask(path)).toBe(expected));

  test("a known path refuses other methods and says which it has; HEAD goes where GET goes", async () => {
    const refused = await router(new Request("http://host/exact", { method: "DELETE" }), peer);
    expect([refused.status, refused.headers.get("allow")]).toEqual([405, "GET"]);
    expect(await ask("/exact", "HEAD")).toBe("200 exact");
  });

  test("answers are counted by pattern, late ones too", () => {
    expect(counted).toContain("/auth/:connector/login 200");
    expect(counted).toContain("/late 201");
  });
});
