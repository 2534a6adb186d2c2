import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { type Door, startDoor } from "../support/oauth2-proxy-door.ts";
import { sendRaw } from "../support/raw-http.ts";

/**
 * A header block may have 1 MiB here, as with the original. Whatever a stranger fills it with, the work must grow with its length and
 * not with the square of it: these took half a minute and more, in which nobody else was answered.
 */
const LONG = 1_000_000;
const TOO_LONG_FOR_THE_APPLICATION = 431;
const FIELDS = Array.from({ length: 90 }, (_, index) => `X-${index}: a`).join("\r\n");
const HOSTILE: readonly (readonly [string, string, string, number])[] = [
  ["a session cookie and semicolons", "/", `Cookie: _oauth2_proxy=x${";".repeat(LONG)}`, 403],
  ["semicolons and a session cookie", "/", `Cookie: a${";".repeat(LONG)}_oauth2_proxy=x`, 403],
  ["a thousand session cookies", "/", `Cookie: ${"_oauth2_proxy=a|1|b; ".repeat(LONG / 21)}`, 403],
  ["semicolons on the way to an application", "/open/", `Cookie: a=1${";".repeat(LONG)}`, 200],
  ["names on the way to an application", "/open/", `Cookie: ${"a;".repeat(LONG / 2)}`, TOO_LONG_FOR_THE_APPLICATION],
  ["a range of white space", "/open/files/a.txt", `Range: bytes=${" ".repeat(LONG)}x`, 416],
  ["a range of digits", "/open/files/a.txt", `Range: bytes=${"1".repeat(LONG)}`, 416],
  ["a list of connection options", "/open/", `Connection: close${",x-a".repeat(LONG / 4)}\r\n${FIELDS}`, 200],
  ["a chain of addresses", "/open/", `X-Forwarded-For: ${"::1,".repeat(LONG / 4)}`, TOO_LONG_FOR_THE_APPLICATION],
  ["an escaped address", "/oauth2/auth", `X-Forwarded-Uri: /${"%252f%25;..".repeat(LONG / 11)}`, 401],
];

let door: Door;
beforeAll(async () => {
  const files = "--upstream=file://.#/open/files/";
  door = await startDoor(["--skip-auth-regex=^/open/", "--reverse-proxy", files], { files: { "a.txt": "a" } });
});
afterAll(() => door.stop());

describe("a header of a megabyte costs no more than its length:", () => {
  test.each(HOSTILE)(
    "%s",
    async (_what, path, header, status) => {
      const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${header}\r\n\r\n`;
      const { text } = await sendRaw(door.port, request, { milliseconds: 10_000, until: "\r\n\r\n" });
      expect(text.split("\r\n", 1)).toEqual([expect.stringContaining(` ${status} `)]);
    },
    15_000,
  );
});

test("what a link calls an error of the provider is not shown for a megabyte", async () => {
  const answer = await fetch(`${door.url}/oauth2/callback?error=${"<".repeat(300_000)}`);
  expect(answer.status).toBe(403);
  expect((await answer.text()).length).toBeLessThan(50_000);
});
