import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { Browser } from "../support/browser.ts";
import { PROXY_ARGUMENTS, startExercise } from "../support/exercise.ts";
import { needs } from "../support/needs.ts";
import { nginxIsAvailable } from "../support/nginx.ts";

const HELLO = "http://hello.gatehouse.localhost:8080";
const AUTH = "http://auth.gatehouse.localhost:8080";
const STARTS: readonly (readonly [string, readonly string[]])[] = [
  ["with the configuration file", ["oauth2-proxy", "--config", "oauth2-proxy.cfg"]],
  ["with the arguments", ["oauth2-proxy", ...PROXY_ARGUMENTS]],
];
const ready = needs("nginx with the set-misc module", nginxIsAvailable());

describe.skipIf(!ready).each(STARTS)("the exercise, %s", (_name, proxyArguments) => {
  let exercise: Awaited<ReturnType<typeof startExercise>>;
  beforeAll(async () => {
    exercise = await startExercise(proxyArguments);
  }, 60_000);
  afterAll(() => exercise.stop());

  test("a stranger signs in, lands on exactly the page asked for, and the application knows who it is", async () => {
    const browser = new Browser();
    const form = await browser.open(`${HELLO}/page?a=1&b=%2F2`);
    expect(form.url).toStartWith(`${AUTH}/dex/auth/local/login`);

    const again = await browser.submit(form, { login: "admin@example.com", password: "wrong" });
    expect(again.status).toBe(401);
    expect(again.body).toContain('value="admin@example.com"');

    const page = await browser.submit(again, { login: "admin@example.com", password: "password" });
    expect(page.url).toBe(`${HELLO}/page?a=1&b=%2F2`);
    expect(page.status).toBe(200);
    expect(page.body).toContain("admin@example.com");
    expect(page.body).toContain("/page?a=1&amp;b=%2F2");
  });

  test("sign-out ends it: the application asks again", async () => {
    const browser = new Browser();
    const form = await browser.open(`${HELLO}/`);
    await browser.submit(form, { login: "admin@example.com", password: "password" });
    expect((await browser.request(`${HELLO}/`)).status).toBe(200);
    const signedOut = await browser.request(`${AUTH}/oauth2/sign_out`);
    expect(signedOut.status).toBe(302);
    const asked = await browser.open(`${HELLO}/`);
    expect(asked.url).toStartWith(`${AUTH}/dex/auth/local/login`);
  });

  test("a client's own identity headers do not reach the application", async () => {
    const browser = new Browser();
    await browser.submit(await browser.open(`${HELLO}/`), { login: "admin@example.com", password: "password" });
    const page = await browser.request(`${HELLO}/`, {
      headers: {
        accept: "application/json",
        "x-auth-request-email": "root@example.com",
        "x-auth-request-groups": "admins",
      },
    });
    expect(page.body).toContain("admin@example.com");
    expect(page.body).not.toContain("root@example.com");
    expect(page.body).not.toContain("admins");
  });
});
