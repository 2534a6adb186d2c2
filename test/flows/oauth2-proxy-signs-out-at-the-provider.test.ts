import { afterAll, beforeAll, expect, test } from "bun:test";

import { type Door, startDoor } from "../support/oauth2-proxy-door.ts";

let door: Door;
beforeAll(async () => {
  door = await startDoor(["--whitelist-domain=wiki.test"]);
});
afterAll(() => door.stop());

const signOut = (query: string): string => `${door.url}/oauth2/sign_out?${query}`;
const PLACEHOLDER = "rd=%7Bend_session_endpoint%7D";

test("who signs out with the provider's own end is sent there with what it needs, and is signed out here", async () => {
  const browser = await door.signIn();
  const response = await browser.request(signOut(`${PLACEHOLDER}&post_logout_redirect_uri=https://wiki.test/bye`));
  expect(response.status).toBe(302);
  const place = new URL(response.headers.get("location") ?? "");
  expect(`${place.origin}${place.pathname}`).toBe(`${door.provider.issuer}/logout`);
  expect(place.searchParams.get("id_token_hint")).toMatch(/^ey/);
  expect(place.searchParams.get("client_id")).toBe(door.provider.clientId);
  expect(place.searchParams.get("post_logout_redirect_uri")).toBe("https://wiki.test/bye");
  expect((await browser.request(`${door.url}/oauth2/auth`)).status).toBe(401);
});

test("a place that is no return target of ours is not passed on to the provider", async () => {
  const browser = await door.signIn();
  const response = await browser.request(signOut(`${PLACEHOLDER}&post_logout_redirect_uri=https://evil.test/`));
  expect(new URL(response.headers.get("location") ?? "").searchParams.has("post_logout_redirect_uri")).toBe(false);
});

test("who is not signed in goes home", async () => {
  const response = await fetch(signOut(PLACEHOLDER), { redirect: "manual" });
  expect([response.status, response.headers.get("location")]).toEqual([302, "/"]);
});
