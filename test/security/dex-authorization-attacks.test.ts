import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Browser, formsOf } from "../support/browser.ts";
import type { JsonAnswer } from "../support/provider-server.ts";
import { send } from "../support/device.ts";
import {
  APP,
  APP_CALLBACK,
  COMMAND_LINE,
  type DexServer,
  JANE,
  signInAtDex,
  startDexServer,
} from "../support/dex-server.ts";
import { freePort } from "../support/gatehouse.ts";
import { sendRaw } from "../support/raw-http.ts";
import { selfSigned } from "../support/self-signed.ts";

/** What somebody may try at the authorization endpoint of `gatehouse dex serve`, and with the codes that come from it. */
type Form = Readonly<Record<string, string>>;

const OTHER = { id: "other", secret: "other-secret" };
const VERIFIER = "verifier-".padEnd(43, "v");
const CHALLENGE = createHash("sha256").update(VERIFIER).digest("base64url");

let server: DexServer;
beforeAll(async () => {
  const other = { ...OTHER, name: "Other", redirectURIs: [APP_CALLBACK, "https://other.example.com/callback"] };
  server = await startDexServer({ staticClients: [other] });
});
afterAll(() => server.stop());

function authorization(more: Form = {}, path = "/auth/mock"): string {
  const query = { client_id: APP.id, redirect_uri: APP_CALLBACK, response_type: "code", scope: "openid", state: "s" };
  return `${server.issuer}${path}?${new URLSearchParams({ ...query, ...more }).toString()}`;
}

async function codeFor(more: Form = {}): Promise<string> {
  const { location } = await signInAtDex(authorization(more));
  return new URL(location ?? "http://none.test").searchParams.get("code") ?? "";
}

function redeem(code: string, more: Form = {}, client: { id: string; secret: string } = APP): Promise<JsonAnswer> {
  const headers = { authorization: `Basic ${btoa(`${client.id}:${encodeURIComponent(client.secret)}`)}` };
  const form = { grant_type: "authorization_code", code, redirect_uri: APP_CALLBACK, ...more };
  return send(`${server.issuer}/token`, form, headers);
}

function vectors(name: string): readonly string[] {
  const lines = readFileSync(join(import.meta.dir, "..", "vectors", name), "utf8").split("\n");
  return lines.filter((line) => line.startsWith('"')).map((line): string => JSON.parse(line));
}

describe("a redirect URI", () => {
  test.each(vectors("dex-redirect-uris.txt").map((uri) => [uri]))("%j is not the registered one", async (uri) => {
    for (const more of [{}, { prompt: "none" }, { response_type: "code id_token", nonce: "n", scope: "bad" }]) {
      const answer = await new Browser().request(authorization({ redirect_uri: uri, ...more }));
      expect([answer.status, answer.location]).toEqual([400, undefined]);
      expect(answer.body).toContain("Unregistered redirect_uri.");
    }
  });

  test.each(vectors("dex-loopback-uris.txt").map((uri) => [uri]))("%j is no loopback address", async (uri) => {
    const answer = await new Browser().request(authorization({ client_id: COMMAND_LINE.id, redirect_uri: uri }));
    expect([answer.status, answer.location]).toEqual([400, undefined]);
  });

  test.each(["http://localhost:8000/cb?a=b", "http://127.0.0.1/", "http://127.8.9.1:1/", "http://[::1]:65535/cb"])(
    "%s is one",
    async (uri) => {
      const answer = await new Browser().request(authorization({ client_id: COMMAND_LINE.id, redirect_uri: uri }));
      expect(answer.status).toBe(302);
    },
  );

  test("is the first that was sent, in every step", async () => {
    const url = `${authorization()}&redirect_uri=${encodeURIComponent("https://evil.example/")}&client_id=other`;
    expect((await signInAtDex(url)).location).toStartWith(`${APP_CALLBACK}?code=`);
  });

  test("of the code is asked for again, and another registered one is not it", async () => {
    const code = await codeFor({ client_id: OTHER.id });
    for (const redirect of ["https://other.example.com/callback", "", `${APP_CALLBACK}/`]) {
      expect(await redeem(code, { redirect_uri: redirect }, OTHER)).toMatchObject({ status: 400 });
    }
    expect(await redeem(code, {}, OTHER)).toMatchObject({ status: 200 });
  });
});

describe("a code", () => {
  test("of one client is of no use to another, and stays good for its own", async () => {
    const code = await codeFor();
    for (const thief of [OTHER, { id: COMMAND_LINE.id, secret: "" }]) {
      expect(await redeem(code, {}, thief)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
    }
    expect(await redeem(code)).toMatchObject({ status: 200 });
  });

  test("that comes twice ends what it led to", async () => {
    const code = await codeFor({ scope: "openid offline_access" });
    const { body } = await redeem(code);
    expect(await redeem(code)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
    const headers = { authorization: `Bearer ${String(body["access_token"])}` };
    expect((await fetch(`${server.issuer}/userinfo`, { headers })).status).toBe(403);
    const again = await redeem("", { grant_type: "refresh_token", refresh_token: String(body["refresh_token"]) });
    expect(again.status).toBe(400);
  });
});

describe("PKCE", () => {
  const s256 = { code_challenge: CHALLENGE, code_challenge_method: "S256" };

  test.each([
    ["without a verifier", {}, "invalid_grant"],
    ["with an empty verifier", { code_verifier: "" }, "invalid_grant"],
    ["with another verifier", { code_verifier: "x".repeat(43) }, "invalid_grant"],
    ["with the challenge, called plain", { code_verifier: CHALLENGE, code_challenge_method: "plain" }, "invalid_grant"],
  ])("a code is not redeemed %s", async (_name, form, error) => {
    const code = await codeFor(s256);
    expect(await redeem(code, form)).toMatchObject({ status: 400, body: { error } });
    expect(await redeem(code, { code_verifier: VERIFIER })).toMatchObject({ status: 200 });
  });

  test("a verifier for a code that has no challenge is refused: somebody else asked for the code", async () => {
    const code = await codeFor();
    expect(await redeem(code, { code_verifier: VERIFIER })).toMatchObject({ status: 400 });
  });

  test.each(["s256", "S512", "none", "S256 "])("the method %j is none", async (method) => {
    const answer = await new Browser().request(authorization({ ...s256, code_challenge_method: method }));
    expect(new URL(answer.location ?? "").searchParams.get("error")).toBe("invalid_request");
  });

  test("a method without a challenge makes no code that any verifier redeems", async () => {
    const code = await codeFor({ code_challenge_method: "S256" });
    expect(await redeem(code, { code_verifier: VERIFIER })).toMatchObject({ status: 400 });
  });
});

describe("login CSRF", () => {
  test("a foreign state finishes no login in a victim's browser, not even in one that has its own under way", async () => {
    const [mallory, victim] = [new Browser(), new Browser()];
    const theirs = (await mallory.request(authorization({ state: "mallory" }))).location ?? "";
    for (const begun of [false, true]) {
      if (begun) await victim.request(authorization());
      const answer = await victim.request(theirs);
      expect([answer.status, answer.location]).toEqual([403, undefined]);
    }
    expect((await mallory.request(theirs)).location).toContain("/dex/approval?");
  });

  test.each([
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { origin: "https://evil.example" },
  ])("a form of another site, %j, neither signs in nor approves", async (headers: Record<string, string>) => {
    const browser = new Browser();
    const form = formsOf(await browser.open(authorization({}, "/auth/local")))[0]?.action ?? "";
    const signIn = { login: JANE.email, password: JANE.password };
    expect((await browser.request(form, { form: signIn, headers })).status).toBe(403);
    const approval = await browser.open(authorization());
    expect((await browser.request(approval.url, { form: { approval: "approve" }, headers })).status).toBe(403);
  });

  test("an approval is no link", async () => {
    const browser = new Browser();
    const approval = await browser.open(authorization());
    const link = await browser.request(`${approval.url}&approval=approve`);
    expect([link.status, link.location]).toEqual([200, undefined]);
    const body = { form: { approval: "approve" }, headers: { "sec-fetch-site": "same-origin" } };
    expect((await browser.request(approval.url, body)).location).toStartWith(`${APP_CALLBACK}?code=`);
    expect((await browser.request(approval.url, body)).status).toBe(400);
  });
});

describe("the cookie that binds a login to its browser", () => {
  test("over http is HttpOnly and SameSite", async () => {
    const { headers } = await new Browser().request(authorization());
    const [cookie = "", ...more] = headers.getSetCookie();
    expect(more).toEqual([]);
    expect(cookie).toMatch(/^gatehouse_login=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/);
  });

  test("under an https issuer is Secure and the host's own", async () => {
    const [pair, port] = [selfSigned("dex"), await freePort()];
    const secure = await startDexServer({
      sections: { web: { https: `127.0.0.1:${port}`, tlsCert: "tls.crt", tlsKey: "tls.key" } },
      files: { "tls.crt": pair.certificate, "tls.key": pair.key },
      issuer: `https://127.0.0.1:${port}/dex`,
    });
    try {
      const url = authorization().replace(server.issuer, `https://127.0.0.1:${port}/dex`);
      const answer = await fetch(url, { redirect: "manual", tls: { ca: pair.certificate } });
      expect(answer.headers.getSetCookie()).toEqual([
        expect.stringMatching(/^__Host-gatehouse_login=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/),
      ]);
    } finally {
      await secure.stop();
    }
  });
});

describe("what a client sends", () => {
  const SPLIT = "s\r\nSet-Cookie: evil=1\r\n\r\n<script>alert(1)</script>";

  test("splits no answer", async () => {
    for (const more of [{ scope: "bad" }, { prompt: "none" }, { response_type: "code" }]) {
      const answer = await signInAtDex(authorization({ ...more, state: SPLIT }));
      expect(answer.headers.getSetCookie().filter((cookie) => cookie.startsWith("evil"))).toEqual([]);
      expect(answer.headers.get("location")).not.toMatch(/[\r\n<]/);
      expect(new URL(answer.location ?? "").searchParams.get("state")).toBe(SPLIT);
    }
  });

  test("stays text in the form that posts itself", async () => {
    const { body } = await signInAtDex(
      authorization({ state: '"><script>alert(1)</script>', response_mode: "form_post" }),
    );
    expect(body).not.toContain("<script>alert");
    expect(body).toContain("&quot;&gt;&lt;script&gt;alert(1)");
  });

  test("comes back with whose answer it is, in errors too", async () => {
    for (const more of [{}, { scope: "bad" }, { prompt: "none" }]) {
      const { location } = await signInAtDex(authorization(more));
      expect(new URL(location ?? "").searchParams.getAll("iss")).toEqual([server.issuer]);
    }
    const implicit = await signInAtDex(authorization({ response_type: "code id_token", nonce: "n" }));
    expect(new URLSearchParams(new URL(implicit.location ?? "").hash.slice(1)).getAll("iss")).toEqual([server.issuer]);
  });

  test("asks for claims with the names of what every object has, and is asked about as usual", async () => {
    const names = ["constructor", "__proto__", "toString", "hasOwnProperty", "sub", "iss", "aud"];
    const claims = `{"id_token":{${names.map((name) => `"${name}":{"value":"x"}`).join()}}}`.replace(
      '"sub":{"value":"x"},',
      "",
    );
    const answer = await signInAtDex(authorization({ claims }));
    const { body } = await redeem(new URL(answer.location ?? "").searchParams.get("code") ?? "");
    const token = JSON.parse(Buffer.from(String(body["id_token"]).split(".")[1] ?? "", "base64url").toString());
    expect(token).toMatchObject({ iss: server.issuer, aud: APP.id });
  });

  test.each([
    ["a request object", { request: "e30.e30." }, "request_not_supported"],
    [
      "a request object elsewhere, which is not fetched",
      { request_uri: "http://127.0.0.1:1/" },
      "request_uri_not_supported",
    ],
    ["a hint without a signature", { id_token_hint: "eyJhbGciOiJub25lIn0.e30." }, "invalid_request"],
    ["a scope that only we write", { scope: "openid gatehouse:e30" }, "invalid_scope"],
    [
      "tokens for a client that does not trust it",
      { scope: "openid audience:server:client_id:other" },
      "invalid_scope",
    ],
  ])("%s is refused", async (_name, more: Form, error) => {
    const answer = await new Browser().request(authorization(more));
    expect(new URL(answer.location ?? "").searchParams.get("error")).toBe(error);
  });

  test.each([
    ["/token", 413],
    ["/auth", 413],
    ["/auth/local/login?state=x", 400],
    ["/token/introspect", 413],
    ["/token/revoke", 413],
    ["/device/code", 413],
    ["/device/auth/verify_code", 413],
    ["/approval?req=x&hmac=y", 413],
  ])("too large a form at %s is not read", async (path, status) => {
    const { port, pathname } = new URL(server.issuer);
    const size = 50_000_000;
    const head = `POST ${pathname}${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/x-www-form-urlencoded\r\n`;
    const announced = await sendRaw(Number(port), `${head}Content-Length: ${size}\r\n\r\n${"a".repeat(1000)}`, {
      until: "\r\n\r\n",
    });
    expect(announced.text).toStartWith(`HTTP/1.1 ${status} `);
  });
});

describe("an unknown user and a wrong password", () => {
  test("are answered alike by the form", async () => {
    const answers = [];
    for (const login of [JANE.email, "jane@nowhere.test"]) {
      const browser = new Browser();
      const page = await browser.open(authorization({}, "/auth/local"));
      const answer = await browser.submit(page, { login, password: "wrong" });
      const { status, headers, body } = answer;
      const request = new URL(page.url).searchParams.get("state") ?? "";
      answers.push([
        status,
        headers.get("content-length"),
        body.replaceAll(login, "LOGIN").replaceAll(request, "STATE"),
      ]);
    }
    // The address is in the page as often for both; it is as long, too.
    expect(answers[0]?.[2]).toBe(answers[1]?.[2]);
    expect(answers[0]?.[0]).toBe(401);
  });

  test("are answered alike by the grant", async () => {
    const form = { grant_type: "password", scope: "openid", password: "wrong" };
    const known = await redeem("", { ...form, username: JANE.email });
    const unknown = await redeem("", { ...form, username: "nobody@nowhere.test" });
    const empty = await redeem("", { ...form, username: JANE.email, password: "" });
    expect([unknown.status, unknown.body]).toEqual([known.status, known.body]);
    expect([empty.status, empty.body]).toEqual([known.status, known.body]);
    expect(known.status).toBe(401);
  });
});
