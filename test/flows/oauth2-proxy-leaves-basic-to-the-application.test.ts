import { afterAll, beforeAll, expect, test } from "bun:test";

import { type Door, startDoor } from "../support/oauth2-proxy-door.ts";

const SID = "sid:{SHA}PZXKCUGzNhza9nyn43tIhyK6zPw=\n";
let door: Door;
beforeAll(async () => {
  door = await startDoor(["--htpasswd-file=users", "--skip-auth-route=^/api/"], { files: { users: SID } });
});
afterAll(() => door.stop());

const ask = (path: string, credentials: string): Promise<Response> =>
  fetch(`${door.url}${path}`, { headers: { authorization: `Basic ${btoa(credentials)}` } });

test("an application's own logins pass where nobody has to sign in, however many there are", async () => {
  const statuses: number[] = [];
  for (let tries = 0; tries < 8; tries += 1) statuses.push((await ask("/api/x", "bob:his own password")).status);
  expect(statuses).toEqual(Array<number>(8).fill(200));
  expect(door.seen.at(-1)?.headers["authorization"]).toBe(`Basic ${btoa("bob:his own password")}`);
});

test("but nobody guesses a password there: wrong tries count everywhere", async () => {
  for (let tries = 0; tries < 6; tries += 1) await ask("/api/x", "sid:guess");
  const response = await ask("/api/x", "sid:sha:pass");
  expect([response.status, response.headers.get("gap-auth")]).toEqual([200, null]);
  expect((await ask("/oauth2/auth", "sid:sha:pass")).status).toBe(403);
});
