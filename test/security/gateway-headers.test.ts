import { afterAll, describe, expect, test } from "bun:test";
import { connect } from "node:net";

import { startGuideGatehouse } from "../support/guide-gatehouse.ts";

const gatehouse = await startGuideGatehouse({ appHost: "wiki.example.com" });
afterAll(() => gatehouse.stop());

/** Send bytes as they are, and return the whole answer as bytes in latin1. */
function exchange(lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(gatehouse.port, "127.0.0.1", () => {
      socket.end(Buffer.from([...lines, "Connection: close", "", ""].join("\r\n"), "latin1"));
    });
    socket.on("data", (chunk) => (answer += chunk.toString("latin1")));
    socket.on("end", () => resolve(answer));
    socket.on("error", reject);
  });
}

const ADMIN = "Cookie: session=admin";
const NGINX = ["GET /authz/auth-request HTTP/1.1", "Host: auth.example.com"];
const CADDY = ["GET /authz/forward-auth HTTP/1.1", "Host: auth.example.com"];
const status = async (lines: readonly string[]): Promise<string> => (await exchange(lines)).slice(9, 12);

describe("bytes on the wire", () => {
  test("an allowed answer is bare: identity in UTF-8, nothing to cache, nothing to compare", async () => {
    const target = ["X-Original-URL: https://wiki.example.com/", "X-Original-Method: GET"];
    const answer = await exchange([...NGINX, ...target, ADMIN, "If-None-Match: *", "Range: bytes=0-0"]);
    const [head = "", body] = answer.split("\r\n\r\n");
    expect(head).toStartWith("HTTP/1.1 200 ");
    expect(Buffer.from(head, "latin1").toString("utf8").toLowerCase()).toContain(
      "\r\nx-auth-request-preferred-username: jürgen 🎉",
    );
    expect(head.toLowerCase()).toContain("\r\nx-auth-request-groups: admins,a%2cb");
    expect(head.toLowerCase()).toContain("\r\ncache-control: no-store");
    expect(head.toLowerCase()).not.toMatch(/\r\n(etag|last-modified|location|set-cookie|accept-ranges):/);
    expect(body).toBe("");
  });

  test("an empty header is sent, so that a gateway overwrites the client's", async () => {
    const answer = await exchange([...NGINX, "X-Original-URL: https://open.example.com/", "X-Original-Method: GET"]);
    expect(answer).toStartWith("HTTP/1.1 200 ");
    expect(answer.toLowerCase()).toMatch(/\r\nx-auth-request-user: ?\r\n/);
  });

  // The parser joins repeated headers with a comma: a gateway that appends instead of replacing must not be believed.
  const twice: readonly (readonly string[])[] = [
    [...NGINX, "X-Original-URL: https://wiki.example.com/healthz", "X-Original-URL: https://wiki.example.com/admin", "X-Original-Method: GET"],
    [...NGINX, "X-Original-URL: https://open.example.com/", "X-Original-Method: GET", "X-Original-Method: POST"],
    [...NGINX, "x-original-url: https://open.example.com/", "X-ORIGINAL-URL: https://open.example.com/", "X-Original-Method: GET"],
    [...CADDY, "X-Forwarded-Method: GET", "X-Forwarded-Proto: https", "X-Forwarded-Host: open.example.com", "X-Forwarded-Host: wiki.example.com", "X-Forwarded-Uri: /"],
    [...CADDY, "X-Forwarded-Method: GET", "X-Forwarded-Proto: https", "X-Forwarded-Proto: http", "X-Forwarded-Host: open.example.com", "X-Forwarded-Uri: /"],
    [...CADDY, "X-Forwarded-Method: GET, GET", "X-Forwarded-Proto: https", "X-Forwarded-Host: open.example.com", "X-Forwarded-Uri: /"],
  ]; // prettier-ignore
  test.each(twice)("a header twice is no target: %p", async (...lines) => {
    expect(await status([...lines, ADMIN])).toBe("403");
  });

  const aliases: readonly (readonly string[])[] = [
    [...NGINX, "X_Original_URL: https://open.example.com/", "X_Original_Method: GET"],
    [...NGINX, "X-Forwarded-Method: GET", "X-Forwarded-Proto: https", "X-Forwarded-Host: open.example.com", "X-Forwarded-Uri: /"],
    [...CADDY, "X-Original-URL: https://open.example.com/", "X-Original-Method: GET"],
    [...CADDY, "X_Forwarded_Method: GET", "X_Forwarded_Proto: https", "X_Forwarded_Host: open.example.com", "X_Forwarded_Uri: /"],
    [...CADDY, "Forwarded: host=open.example.com;proto=https", "X-Forwarded-Uri: /", "X-Forwarded-Method: GET"],
  ]; // prettier-ignore
  test.each(aliases)("another spelling or family is no target: %p", async (...lines) => {
    expect(await status([...lines, ADMIN])).toBe("403");
  });

  test("raw bytes above ASCII in a target are refused, whatever they decode to", async () => {
    for (const bytes of ["\xc3\xa9", "\xff", "\xc0\xaf", "\xe2\x80\xa8"]) {
      const lines = [...NGINX, `X-Original-URL: https://open.example.com/${bytes}`, "X-Original-Method: GET", ADMIN];
      expect(await status(lines)).toBe("403");
    }
  });

  test("a very long target is answered, not choked on", async () => {
    const path = "/".concat("a".repeat(20_000));
    const lines = [...NGINX, `X-Original-URL: https://open.example.com${path}`, "X-Original-Method: GET"];
    expect(["200", "431"]).toContain(await status(lines));
  });
});
