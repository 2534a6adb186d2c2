import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { type FakeProvider, startFakeProvider } from "../support/fake-provider.ts";
import { temporaryFolder } from "../support/gatehouse.ts";
import { ask, cookiesOf, type Door, isSignedIn, startDoor } from "../support/oauth2-proxy-door.ts";
import { until } from "../support/until.ts";

/**
 * Whoever is not on the list, or not any more. Rules about addresses do not speak of people without one, such as users of a password
 * file: nobody else may hide behind that.
 */
const FOLDER = temporaryFolder();
const ADDRESSES = join(FOLDER.path, "addresses");
const PASSWORDS = join(FOLDER.path, "passwords");
const HASH = createHash("sha1").update("password").digest("base64");
const line = (user: string): string => `${user}:{SHA}${HASH}\n`;
const NO_ADDRESS = { idTokenClaims: { email: undefined }, userinfoClaims: { email: undefined } };

let extra: FakeProvider;
let door: Door;
beforeAll(async () => {
  writeFileSync(ADDRESSES, "alice@example.com\n");
  writeFileSync(PASSWORDS, line("carol") + line("dave"));
  extra = await startFakeProvider({ clientId: "extra-client" });
  const bearer = ["--skip-jwt-bearer-tokens", `--extra-jwt-issuers=${extra.issuer}=extra-client`];
  const flags = [`--authenticated-emails-file=${ADDRESSES}`, "--cookie-refresh=1s", "--skip-auth-route=^/open/"];
  door = await startDoor([...flags, ...bearer, `--htpasswd-file=${PASSWORDS}`], { everybody: false });
});
afterAll(async () => {
  await Promise.all([door.stop(), extra.stop()]);
  FOLDER.remove();
});
beforeEach(() => {
  for (const { settings } of [door.provider, extra]) Object.assign(settings, { idTokenClaims: {}, userinfoClaims: {} });
});

async function tokenOf(provider: FakeProvider, idTokenClaims: Record<string, unknown>): Promise<string> {
  Object.assign(provider.settings, { idTokenClaims });
  const redirectUri = "http://127.0.0.1/cb";
  const query = new URLSearchParams({ redirect_uri: redirectUri, client_id: provider.clientId, state: "s" });
  const code = (await provider.authorize(new URL(`${provider.issuer}/authorize?${query}`))).get("code") ?? "";
  const body = new URLSearchParams({
    grant_type: "authorization_code",
    code,
    redirect_uri: redirectUri,
    client_id: provider.clientId,
    client_secret: provider.clientSecret,
  });
  const answer: unknown = await (await fetch(`${provider.issuer}/token`, { method: "POST", body })).json();
  if (typeof answer !== "object" || answer === null || !("id_token" in answer)) throw new Error("no ID token");
  return String(answer.id_token);
}

describe("a bearer token", () => {
  test.each([
    ["of the provider", () => door.provider],
    ["of another issuer", () => extra],
  ])("%s signs nobody in when it names nobody", async (_whose, provider) => {
    const status = async (claims: Record<string, unknown>): Promise<number> => {
      const authorization = `Bearer ${await tokenOf(provider(), claims)}`;
      return (await ask(`${door.url}/oauth2/auth`, { authorization })).status;
    };
    expect(await status({})).toBe(202);
    expect(await status({ sub: undefined })).toBe(202);
    expect(await status({ email: undefined })).toBe(401);
    expect(await status({ sub: undefined, email: undefined })).toBe(401);
    expect(await status({ sub: "", email: "" })).toBe(401);
  });
});

test("whoever is taken out of the password file has to go", async () => {
  const signIn = async (username: string): Promise<string> => {
    const body = new URLSearchParams({ username, password: "password" });
    const answer = await fetch(`${door.url}/oauth2/sign_in`, { method: "POST", redirect: "manual", body });
    return answer.headers
      .getSetCookie()
      .map((text) => text.split(";", 1)[0])
      .join("; ");
  };
  const [carol, dave] = [await signIn("carol"), await signIn("dave")];
  expect([await isSignedIn(door, carol), await isSignedIn(door, dave)]).toEqual([true, true]);
  writeFileSync(PASSWORDS, line("dave"));
  await until("the file to be read", async () => !(await isSignedIn(door, carol)));
  expect(await isSignedIn(door, dave)).toBe(true);
});

test("where nobody has to sign in, the application is not told of somebody who may not", async () => {
  const namesAt = async (path: string, claims: Record<string, unknown>): Promise<readonly unknown[]> => {
    const authorization = `Bearer ${await tokenOf(door.provider, claims)}`;
    const { status } = await ask(`${door.url}${path}`, { authorization });
    const { headers = {} } = status === 200 ? (door.seen.at(-1) ?? {}) : {};
    return [status, headers["x-forwarded-email"], headers["x-forwarded-user"]];
  };
  expect(await namesAt("/open/a", {})).toEqual([200, "alice@example.com", "id-of-alice"]);
  expect(await namesAt("/open/b", { email: "mallory@example.com" })).toEqual([200, undefined, undefined]);
  expect(await namesAt("/closed", { email: "mallory@example.com" })).toEqual([403, undefined, undefined]);
});

test("a renewal that names no address leaves the one of the login, and whoever is taken off the list has to go", async () => {
  const cookie = cookiesOf(await door.signIn(), door);
  Object.assign(door.provider.settings, NO_ADDRESS);
  await Bun.sleep(2100);
  const renewed = await fetch(`${door.url}/oauth2/userinfo`, { headers: { cookie } });
  expect(await renewed.json()).toMatchObject({ email: "alice@example.com" });
  const [fresh = ""] = renewed.headers.getSetCookie().map((text) => text.split(";", 1)[0] ?? "");
  expect(fresh).toStartWith("_oauth2_proxy=");
  expect(await isSignedIn(door, fresh)).toBe(true);
  writeFileSync(ADDRESSES, "bob@example.com\n");
  await until("the list to be read", async () => !(await isSignedIn(door, fresh)));
});
