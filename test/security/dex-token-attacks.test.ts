import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHmac, createPublicKey, generateKeyPairSync, sign } from "node:crypto";

import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { Browser } from "../support/browser.ts";
import { send } from "../support/device.ts";
import { APP, APP_CALLBACK, type DexServer, JANE, signInAtDex, startDexServer } from "../support/dex-server.ts";
import {
  type JsonAnswer,
  codeFrom,
  movableClock,
  redeem,
  refresh as refreshAt,
  startProvider,
} from "../support/provider-server.ts";
import { until } from "../support/until.ts";

/** Tokens that were forged, stolen or outlived, and clients that are not who they say, at `gatehouse dex serve`. */
type Form = Readonly<Record<string, string>>;
type Json = Record<string, unknown>;

const GOING = { id: "going", secret: "going-secret", name: "Going", redirectURIs: [APP_CALLBACK] };

let server: DexServer;
beforeAll(async () => {
  server = await startDexServer({ staticClients: [GOING] });
});
afterAll(() => server.stop());

function basic({ id, secret }: { readonly id: string; readonly secret: string }): Record<string, string> {
  return { authorization: `Basic ${btoa(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`)}` };
}

function token(form: Form, headers: Record<string, string> = basic(APP)): Promise<JsonAnswer> {
  return send(`${server.issuer}/token`, form, headers);
}

async function tokens(client = APP): Promise<Record<"access_token" | "id_token" | "refresh_token", string>> {
  const query = {
    client_id: client.id,
    redirect_uri: APP_CALLBACK,
    response_type: "code",
    scope: "openid offline_access",
  };
  const { location } = await signInAtDex(`${server.issuer}/auth/mock?${new URLSearchParams(query).toString()}`);
  const code = new URL(location ?? "").searchParams.get("code") ?? "";
  const form = { grant_type: "authorization_code", code, redirect_uri: APP_CALLBACK };
  const { body } = await token(form, basic(client));
  return {
    access_token: String(body["access_token"]),
    id_token: String(body["id_token"]),
    refresh_token: String(body["refresh_token"]),
  };
}

async function isAccepted(
  accessToken: string,
): Promise<readonly [userinfo: number, active: unknown, hint: string | null]> {
  const headers = { authorization: `Bearer ${accessToken}` };
  const userinfo = await fetch(`${server.issuer}/userinfo`, { headers });
  const introspected = await send(`${server.issuer}/token/introspect`, { token: accessToken }, basic(APP));
  const query = { client_id: APP.id, redirect_uri: APP_CALLBACK, response_type: "code", scope: "openid" };
  const hinted = new URLSearchParams({ ...query, id_token_hint: accessToken });
  const answer = await fetch(`${server.issuer}/auth/mock?${hinted.toString()}`, { redirect: "manual" });
  const error = new URL(answer.headers.get("location") ?? "http://none.test").searchParams.get("error");
  return [userinfo.status, introspected.body["active"], error];
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const read = (text = ""): Json => JSON.parse(Buffer.from(text, "base64url").toString());

async function ourKey(): Promise<ReturnType<typeof createPublicKey>> {
  const { keys } = (await (await fetch(`${server.issuer}/keys`)).json()) as { readonly keys: readonly Json[] };
  return createPublicKey({ format: "jwk", key: keys[0] ?? {} });
}

const strangers = generateKeyPairSync("rsa", { modulusLength: 2048 });
const strangersJwk = strangers.publicKey.export({ format: "jwk" });

type Forge = (input: { readonly header: Json; readonly claims: Json }) => string | Promise<string>;

function bySomebody({ header, claims }: { readonly header: Json; readonly claims: Json }): string {
  const input = `${part(header)}.${part(claims)}`;
  return `${input}.${sign("sha256", Buffer.from(input), strangers.privateKey).toString("base64url")}`;
}

async function byPublicKey(header: Json, claims: Json, form: "pem" | "der"): Promise<string> {
  const input = `${part({ ...header, alg: "HS256" })}.${part(claims)}`;
  const key = (await ourKey()).export(
    form === "pem" ? { type: "spki", format: "pem" } : { type: "spki", format: "der" },
  );
  return `${input}.${createHmac("sha256", key).update(input).digest("base64url")}`;
}

const FORGERIES: readonly (readonly [string, Forge])[] = [
  ["alg none", ({ header, claims }) => `${part({ ...header, alg: "none" })}.${part(claims)}.`],
  [
    "alg none with something for a signature",
    ({ header, claims }) => `${part({ ...header, alg: "none" })}.${part(claims)}.AA`,
  ],
  ["alg nOnE", ({ header, claims }) => `${part({ ...header, alg: "nOnE" })}.${part(claims)}.AA`],
  ["no algorithm", ({ claims }) => `${part({})}.${part(claims)}.AA`],
  ["HS256 with our RSA key as PEM", ({ header, claims }) => byPublicKey(header, claims, "pem")],
  ["HS256 with our RSA key as DER", ({ header, claims }) => byPublicKey(header, claims, "der")],
  ["a stranger's key under our kid", bySomebody],
  ["a key in the header", ({ header, claims }) => bySomebody({ header: { ...header, jwk: strangersJwk }, claims })],
  [
    "a key elsewhere",
    ({ header, claims }) => bySomebody({ header: { ...header, jku: "http://127.0.0.1:1/" }, claims }),
  ],
  ...["", "../../../../dev/null", "' OR '1'='1", "__proto__", "constructor", "\u0000"].map(
    (kid) =>
      [
        `the kid ${JSON.stringify(kid)}`,
        ({ header, claims }: { readonly header: Json; readonly claims: Json }) =>
          bySomebody({ header: { ...header, kid }, claims }),
      ] as const,
  ),
  ["a kid that is a list", ({ header, claims }) => bySomebody({ header: { ...header, kid: [header["kid"]] }, claims })],
  ["a header that is null", ({ claims }) => `${Buffer.from("null").toString("base64url")}.${part(claims)}.AA`],
];

describe("a forged token", () => {
  let genuine: string;
  beforeAll(async () => {
    genuine = (await tokens()).access_token;
  });

  test.each(FORGERIES)("with %s is none of ours", async (_name, forge) => {
    const [header, claims] = genuine.split(".", 2).map((one) => read(one));
    const forged = await forge({ header: header ?? {}, claims: { ...claims, sub: "admin", groups: ["admins"] } });
    expect(await isAccepted(forged)).toEqual([403, false, "invalid_request"]);
  });

  test("with other claims under our signature is none of ours; the genuine one is", async () => {
    const [header = "", claims, signature = ""] = genuine.split(".");
    const changed = `${header}.${part({ ...read(claims), sub: "admin" })}.${signature}`;
    expect(await isAccepted(changed)).toEqual([403, false, "invalid_request"]);
    expect(await isAccepted(genuine)).toEqual([200, true, null]);
  });

  test("after one that was verified is looked at all the same", async () => {
    await isAccepted(genuine);
    for (const changed of [
      `${genuine}A`,
      genuine.slice(0, -4),
      `${genuine}.`,
      `${genuine}.${genuine}`,
      ` ${genuine} x`,
    ]) {
      expect((await isAccepted(changed)).slice(0, 2)).toEqual([changed.startsWith(" ") ? 401 : 403, false]);
    }
  });
});

describe("a refresh token", () => {
  const refresh = (sent: string, client: { readonly id: string; readonly secret: string } = APP) =>
    token({ grant_type: "refresh_token", refresh_token: sent }, basic(client));

  test("of one client is of no use to another, and stays good for its own", async () => {
    const { refresh_token: own } = await tokens();
    expect(await refresh(own, GOING)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
    expect((await refresh(own)).status).toBe(200);
  });

  test("is not the ID of one, nor one with another secret", async () => {
    const { refresh_token: own } = await tokens();
    const id = Buffer.from(own, "base64url").toString("latin1").slice(2, 27);
    for (const guess of [id, `${own.slice(0, -6)}AAAAAA`, "", "%00", "{}"])
      expect((await refresh(guess)).status).toBe(400);
    expect((await refresh(own)).status).toBe(200);
  });

  test("is answered once under concurrency", async () => {
    const { refresh_token: own } = await tokens();
    const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(own)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test.each([1, 2, 3])("%i rotations old ends the family, unless it comes like a second try", async (rotations) => {
    const clock = movableClock();
    const { issuer, stop } = startProvider({ store: createMemoryStore(), clock: clock.now });
    try {
      for (const [seconds, status] of [
        [5, 200],
        [60, 400],
      ] as const) {
        const { body } = await redeem(issuer, await codeFrom(issuer));
        let newest = body["refresh_token"];
        for (let turn = 0; turn < rotations; turn += 1) {
          clock.move(60);
          newest = (await refreshAt(issuer, newest)).body["refresh_token"];
        }
        clock.move(seconds);
        expect((await refreshAt(issuer, body["refresh_token"])).status).toBe(400);
        expect((await refreshAt(issuer, newest)).status).toBe(status);
      }
    } finally {
      await stop();
    }
  });

  test("gets no scope that was not granted", async () => {
    const { refresh_token: own } = await tokens();
    const more = { grant_type: "refresh_token", refresh_token: own, scope: "openid groups email" };
    expect(await token(more)).toMatchObject({ status: 400 });
  });
});

describe("a client", () => {
  test.each([
    ["with a wrong secret", basic({ ...APP, secret: "wrong" })],
    ["with an empty secret", basic({ ...APP, secret: "" })],
    ["with the start of its secret", basic({ ...APP, secret: APP.secret.slice(0, -1) })],
    ["that nobody knows", basic({ id: "nobody", secret: "x" })],
    ["that every object has", basic({ id: "__proto__", secret: "" })],
    ["that says nothing", {}],
    ["whose header says nothing", { authorization: "Basic Og==" }],
  ])("%s is told the same", async (_name, headers: Record<string, string>) => {
    const body = { error: "invalid_client", error_description: "Invalid client credentials." };
    expect(await token({ grant_type: "client_credentials" }, headers)).toEqual(
      expect.objectContaining({ status: 401, body }),
    );
  });

  test("is not authenticated by the address", async () => {
    const query = new URLSearchParams({
      client_id: APP.id,
      client_secret: APP.secret,
      grant_type: "client_credentials",
    });
    expect(
      (await send(`${server.issuer}/token?${query.toString()}`, { grant_type: "client_credentials" })).status,
    ).toBe(401);
  });

  test("that keeps a secret, unset by mistake, is nobody", async () => {
    const forgotten = {
      id: "forgotten",
      secretEnv: "SECRET_THAT_IS_NOT_SET",
      name: "Forgotten",
      redirectURIs: [APP_CALLBACK],
    };
    const other = await startDexServer({ staticClients: [forgotten] });
    try {
      const form = { grant_type: "client_credentials" };
      for (const headers of [basic({ id: forgotten.id, secret: "" }), {}]) {
        const sent = { ...form, client_id: forgotten.id };
        expect((await send(`${other.issuer}/token`, sent, headers)).status).toBe(401);
      }
    } finally {
      await other.stop();
    }
  });

  test("that was removed gets nothing more, neither for its codes nor for its tokens", async () => {
    const held = await tokens(GOING);
    const query = { client_id: GOING.id, redirect_uri: APP_CALLBACK, scope: "openid", nonce: "n" };
    const url = `${server.issuer}/auth/mock?${new URLSearchParams({ ...query, response_type: "id_token" }).toString()}`;
    const browser = new Browser();
    const approval = await browser.open(url);
    server.reload({});
    const form = { grant_type: "refresh_token", refresh_token: held.refresh_token };
    await until("the removal", async () => (await token(form, basic(GOING))).status === 401);
    const begun = await fetch(url);
    expect(begun.status).toBe(404);
    const late = await browser.request(approval.url, { form: { approval: "approve" } });
    expect([late.status, late.location]).toEqual([404, undefined]);
    const asked = await send(`${server.issuer}/token/introspect`, { token: held.access_token }, basic(APP));
    expect(asked.body["active"]).not.toBe(true);
    server.reload({ staticClients: [GOING] });
    await until("the return", async () => (await token(form, basic(GOING))).status === 200);
  });

  test.each(["__proto__", "constructor", "toString", "implicit", "authorization_code ", ""])(
    "asks for the grant %j in vain",
    async (grant) => {
      expect(await token({ grant_type: grant })).toMatchObject({
        status: 400,
        body: { error: "unsupported_grant_type" },
      });
    },
  );
});

describe("introspection", () => {
  test("tells nobody who shows wrong credentials", async () => {
    const { access_token: sent } = await tokens();
    const wrong = await send(`${server.issuer}/token/introspect`, { token: sent }, basic({ ...APP, secret: "x" }));
    expect([wrong.status, wrong.body["error"]]).toEqual([401, "invalid_client"]);
  });
});

describe("a secret", () => {
  test("is in no line of the log", async () => {
    const held = await tokens();
    await token({ grant_type: "password", username: JANE.email, password: JANE.password, scope: "openid" });
    await token({ grant_type: "refresh_token", refresh_token: `${held.refresh_token}x` });
    await token({ grant_type: "client_credentials" }, basic({ ...APP, secret: "a-wrong-secret" }));
    const said = server.process.output();
    expect(said).toContain("tokens refused");
    for (const secret of [APP.secret, JANE.password, "a-wrong-secret", ...Object.values(held)])
      expect(said).not.toContain(secret);
  });
});
