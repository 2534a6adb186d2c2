import { createHash } from "node:crypto";
import { describe, expect, test } from "bun:test";
import { differences } from "./compare.ts";
import { type SigningKeys, makeSigningKeys, signToken } from "./fake-provider/keys.ts";
import { type FakeApplication, type FakeReply, json, startFakeServer } from "./fake-server.ts";
import type { Step, WalkAction } from "./scenario.ts";
import { runStep } from "./steps.ts";
import { type World, inWorld } from "./world.ts";

const keys = makeSigningKeys();

describe("a walk sees", () => {
  const first = html(
    `<a href="/p/auth/one?x=1">One</a><form method="post" action="/p/login"><input name="login" value="al"><input type="password"
     name="secret"><input type="hidden" name="req" value="7"><button name="approval" value="approve">Yes</button></form>`,
  );
  const seen = {
    status: 200,
    type: "text/html",
    links: ["/p/auth/one"],
    fields: [["text login", "password secret", "approval=approve"]],
    filled: { login: "al" },
  };
  const routes = {
    "/p": redirect("/p/first"),
    "/p/first": first,
    "/p/auth/one": redirect("http://app.test/cb?code=0123456789abcdef&state=short#frag=1"),
    "/p/login": html("welcome"),
  };
  const out = {
    status: 303,
    to: "http://app.test/cb",
    query: { code: "<code>", state: "short" },
    fragment: { frag: "1" },
  };
  const rows: readonly (readonly [what: string, actions: readonly WalkAction[], stops: readonly unknown[]])[] = [
    ["the page that redirects lead to", [], [seen]],
    ["the way out behind a link to a connector", [{ choose: "one" }], [seen, out]],
    ["the way out behind a link with words", [{ link: "one" }], [seen, out]],
    [
      "the page behind a form",
      [{ form: { login: "al", req: "7" } }],
      [seen, { status: 200, type: "text/html", links: [], fields: [], filled: {} }],
    ],
  ];
  test.each(rows)("%s", async (_what, actions, stops) => {
    expect(await play(routes, { walk: { start: "{{program}}/p", do: actions } })).toEqual({ stops });
  });

  const wrong: readonly (readonly [what: string, action: WalkAction])[] = [
    ["a link that is not there", { choose: "two" }],
    ["a field that is not there", { form: { password: "x" } }],
    ["a hidden field of another value", { form: { req: "8" } }],
  ];
  test.each(wrong)("%s, and says so", async (_what, action) => {
    await expect(play(routes, { walk: { start: "{{program}}/p", do: [action] } })).rejects.toThrow("no ");
  });

  test("a program that never stops to redirect", async () => {
    await expect(play({ "/p": redirect("/p") }, { walk: { start: "{{program}}/p" } })).rejects.toThrow(
      "too many redirects",
    );
  });
});

describe("a token answer that is wrong is noticed", () => {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: "http://issuer.test/p/",
    sub: "s",
    iat: now,
    exp: now + 60,
    jti: "random",
    at_hash: halfDigest("a"),
  };
  const right = { id_token: token(claims, keys), access_token: "a", refresh_token: "r", expires_in: 59 };
  const rows: readonly (readonly [what: string, answer: unknown, where: readonly string[]])[] = [
    [
      "nothing",
      { ...right, id_token: token({ ...claims, iat: now - 2, exp: now + 58, jti: "other" }, keys), expires_in: 60 },
      [],
    ],
    ["a lifetime", { ...right, id_token: token({ ...claims, exp: now + 70 }, keys) }, ["body.id_token.claims.exp"]],
    ["a claim", { ...right, id_token: token({ ...claims, sub: "t" }, keys) }, ["body.id_token.claims.sub"]],
    ["a claim too many", { ...right, id_token: token({ ...claims, more: 1 }, keys) }, ["body.id_token.claims.more"]],
    [
      "a claim of another type",
      { ...right, id_token: token({ ...claims, iat: `${now}` }, keys) },
      ["body.id_token.claims.iat", "body.id_token.claims.exp"],
    ],
    ["a digest", { ...right, access_token: "b" }, ["body.access_token", "body.id_token.claims.at_hash"]],
    ["a signature", { ...right, id_token: token(claims, makeSigningKeys()) }, ["body.id_token.signature"]],
    ["no refresh token", { ...right, refresh_token: undefined }, ["body.refresh_token"]],
    ["an empty refresh token", { ...right, refresh_token: "" }, ["body.refresh_token"]],
  ];
  test.each(rows)("%s", async (_what, answer, where) => {
    const step: Step = { request: { url: "{{program}}/p/token" }, compare: { body: "token" } };
    const published = json(200, { keys: [keys["main"]?.jwk] });
    const see = (body: unknown): unknown => play({ "/p/token": json(200, body), "/p/keys": published }, step);
    const found = differences(await see(right), await see(answer)).map((difference) => difference.where);
    expect(found.sort()).toEqual([...where].sort());
  });
});

type Routes = Readonly<Record<string, FakeReply>>;

/** Play one step to a program that answers by the path alone. */
function play(routes: Routes, step: Step): Promise<unknown> {
  const deps = { command: ["none"], keys, pause: async () => undefined } as const;
  return inWorld(deps, { name: "walk", start: "none" }, async (world: World) => {
    const program: FakeApplication = ({ path }) => routes[path] ?? { status: 404 };
    const server = await startFakeServer(program, { port: Number(world.variables["proxy_port"]) });
    try {
      return await runStep(world, step);
    } finally {
      server.stop();
    }
  });
}

function html(body: string): FakeReply {
  return { status: 200, headers: [["Content-Type", "text/html; charset=utf-8"]], body: `<html>${body}</html>` };
}

function redirect(target: string): FakeReply {
  return { status: 303, headers: [["Location", target]] };
}

function token(claims: Parameters<typeof signToken>[0], by: SigningKeys): string {
  const key = by["main"];
  if (key === undefined) throw new Error("there is no main key");
  return signToken(claims, { key, alg: "RS256" });
}

function halfDigest(text: string): string {
  return createHash("sha256").update(text).digest().subarray(0, 16).toString("base64url");
}
