import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, renameSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryFolder } from "../support/gatehouse.ts";
import { sendRaw } from "../support/raw-http.ts";
import { startUpstreamsFront, type UpstreamsFront } from "../support/upstreams-front.ts";

const folder = temporaryFolder();
const www = join(folder.path, "www");
const WRITTEN = "Tue, 03 Mar 2026 10:00:00 GMT";
const BIG = "0123456789".repeat(30_000);
let front: UpstreamsFront;
let raw: UpstreamsFront;

function write(name: string, content: string | Uint8Array): void {
  const file = join(www, name);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, content);
  utimesSync(file, new Date(WRITTEN), new Date(WRITTEN));
}

beforeAll(async () => {
  writeFileSync(join(folder.path, "secret.txt"), "secret");
  mkdirSync(join(folder.path, "www-other"));
  writeFileSync(join(folder.path, "www-other", "x.txt"), "secret");
  write("a.txt", "hello file\n");
  write("big.bin", BIG);
  write("empty.txt", "");
  write("sp ace.txt", "space\n");
  write("caf\u00e9.txt", "coffee\n");
  write("sub/index.html", "<p>index</p>\n");
  write("list/<b>&'.txt", "x");
  write("list/javascript:alert(1)", "x");
  write("list/inner/y.txt", "y");
  write("with.js", "1");
  write("page", "  <!DOCTYPE html><p>");
  write("picture", new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0]));
  write("bytes", new Uint8Array([1, 2, 3, 0]));
  write("readme", "plain words");
  symlinkSync("../secret.txt", join(www, "leak.txt"));
  symlinkSync("..", join(www, "up"));
  symlinkSync("../www-other", join(www, "beside"));
  symlinkSync("a.txt", join(www, "inside.txt"));
  symlinkSync("loop", join(www, "loop"));
  // As Kubernetes mounts a ConfigMap.
  write("volume/..2026/config.yaml", "one");
  symlinkSync("..2026", join(www, "volume", "..data"));
  symlinkSync("..data/config.yaml", join(www, "volume", "config.yaml"));
  symlinkSync("www", join(folder.path, "current"));
  const upstreams = [
    { path: "/files/", target: { kind: "file", directory: `${www}/` } as const },
    { path: "/current/", target: { kind: "file", directory: join(folder.path, "current") } as const },
    { path: "/gone/", target: { kind: "file", directory: join(folder.path, "gone") } as const },
    { path: "^/rw/(.*)$", rewriteTarget: "/sub/$1", target: { kind: "file", directory: www } as const },
  ];
  front = await startUpstreamsFront({ upstreams });
  raw = await startUpstreamsFront({ upstreams, proxyRawPath: true });
});

afterAll(async () => {
  await front.stop(0);
  await raw.stop(0);
  folder.remove();
});

const get = (path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Response> =>
  fetch(front.url + path, { headers, method, redirect: "manual" });

describe("a file", () => {
  test("is served with its type, date and our fields", async () => {
    const response = await get("/files/a.txt");
    expect([response.status, await response.text()]).toEqual([200, "hello file\n"]);
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(response.headers.get("content-length")).toBe("11");
    expect(response.headers.get("last-modified")).toBe(WRITTEN);
    expect(response.headers.get("accept-ranges")).toBe("bytes");
    expect(response.headers.get("gap-auth")).toBe("alice@example.com");
  });

  test.each([
    ["/files/sp%20ace.txt", "space\n"],
    ["/files/caf%C3%A9.txt", "coffee\n"],
    ["/files/inside.txt", "hello file\n"],
    ["/files/volume/config.yaml", "one"],
    ["/current/a.txt", "hello file\n"],
    ["/files/sub/", "<p>index</p>\n"],
    ["/rw/", "<p>index</p>\n"],
    ["/files/empty.txt", ""],
    ["/files/big.bin", BIG],
  ])("%s is found", async (path, text) => {
    const response = await get(path);
    expect([response.status, await response.text()]).toEqual([200, text]);
  });

  test.each([
    ["/files/with.js", "text/javascript; charset=utf-8"],
    ["/files/sub/", "text/html; charset=utf-8"],
    ["/files/page", "text/html; charset=utf-8"],
    ["/files/picture", "image/png"],
    ["/files/bytes", "application/octet-stream"],
    ["/files/readme", "text/plain; charset=utf-8"],
    ["/files/empty.txt", "text/plain; charset=utf-8"],
  ])("%s is of type %s", async (path, type) => {
    expect((await get(path)).headers.get("content-type")).toBe(type);
  });

  test("is answered to any method, and without a body to HEAD", async () => {
    expect(await (await get("/files/a.txt", {}, "POST")).text()).toBe("hello file\n");
    const head = await get("/files/big.bin", {}, "HEAD");
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "300000", ""]);
  });

  test("that has been replaced is served anew, as when Kubernetes turns a link", async () => {
    write("volume/..2027/config.yaml", "two");
    symlinkSync("..2027", join(www, "volume", "..new"));
    renameSync(join(www, "volume", "..new"), join(www, "volume", "..data"));
    expect(await (await get("/files/volume/config.yaml")).text()).toBe("two");
  });
});

describe("a part of a file", () => {
  test.each([
    ["bytes=1-3", 206, "bytes 1-3/11", "ell"],
    ["bytes=6-", 206, "bytes 6-10/11", "file\n"],
    ["bytes=-5", 206, "bytes 6-10/11", "file\n"],
    ["bytes=-99", 206, "bytes 0-10/11", "hello file\n"],
    ["bytes=9-99", 206, "bytes 9-10/11", "e\n"],
    ["bytes=", 200, null, "hello file\n"],
    ["bytes=0-0,2-3", 200, null, "hello file\n"],
    ["bytes=11-", 416, "bytes */11", "invalid range: failed to overlap\n"],
    ["bytes=5-1", 416, null, "invalid range\n"],
    ["bytes=-0", 416, "bytes */11", "invalid range: failed to overlap\n"],
    ["bytes=x", 416, null, "invalid range\n"],
    ["bytes=-", 416, null, "invalid range\n"],
    ["lines=1-2", 416, null, "invalid range\n"],
  ])("%s → %i", async (range, status, contentRange, text) => {
    const response = await get("/files/a.txt", { Range: range });
    expect([response.status, response.headers.get("content-range"), await response.text()]).toEqual([
      status,
      contentRange,
      text,
    ]);
  });

  test("of a large file", async () => {
    const response = await get("/files/big.bin", { Range: "bytes=100001-290000" });
    expect([response.status, response.headers.get("content-length")]).toEqual([206, "190000"]);
    expect(await response.text()).toBe(BIG.slice(100_001, 290_001));
  });

  test("of an empty file is the whole", async () => {
    expect((await get("/files/empty.txt", { Range: "bytes=0-0" })).status).toBe(200);
  });

  test("of the version that one has, else the whole file", async () => {
    expect((await get("/files/a.txt", { Range: "bytes=1-3", "If-Range": WRITTEN })).status).toBe(206);
    const other = await get("/files/a.txt", { Range: "bytes=1-3", "If-Range": '"some-tag"' });
    expect([other.status, await other.text()]).toEqual([200, "hello file\n"]);
  });
});

describe("a file that one has already", () => {
  test.each([
    [{ "If-Modified-Since": WRITTEN }, "GET", 304],
    [{ "If-Modified-Since": WRITTEN }, "POST", 200],
    [{ "If-Modified-Since": "Mon, 02 Mar 2026 10:00:00 GMT" }, "GET", 200],
    [{ "If-Modified-Since": "yesterday" }, "GET", 200],
    [{ "If-Modified-Since": WRITTEN, "If-None-Match": '"x"' }, "GET", 200],
    [{ "If-None-Match": "*" }, "GET", 304],
    [{ "If-None-Match": "*" }, "PUT", 412],
    [{ "If-Unmodified-Since": "Mon, 02 Mar 2026 10:00:00 GMT" }, "GET", 412],
    [{ "If-Unmodified-Since": WRITTEN }, "GET", 200],
    [{ "If-Match": '"x"' }, "GET", 412],
    [{ "If-Match": "*" }, "GET", 200],
  ])("%j by %s → %i", async (headers, method, status) => {
    expect((await get("/files/a.txt", headers as unknown as Record<string, string>, method)).status).toBe(status);
  });
});

describe("a folder", () => {
  test("is listed, names made harmless", async () => {
    const response = await get("/files/list/");
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const text = await response.text();
    expect([...text.matchAll(/<a href="(.*?)">(.*?)<\/a>/g)].map(([, link, name]) => [link, name])).toEqual([
      ["%3Cb%3E%26'.txt", "&#60;b&#62;&#38;&#39;.txt"],
      ["inner/", "inner/"],
      ["javascript%3Aalert(1)", "javascript:alert(1)"],
    ]);
  });

  test.each([
    ["/files/sub", "sub/"],
    ["/files/sub?a=1", "sub/?a=1"],
    ["/files/index.html", "./"],
    ["/files/sub/index.html?a", "./?a"],
    ["/files/a.txt/", "../a.txt"],
    ["/files", "/files/"],
  ])("%s is sent on to %s", async (path, location) => {
    const response = await get(path);
    expect([response.status, response.headers.get("location")]).toEqual([301, location]);
  });
});

describe("nothing is served", () => {
  test.each([
    ["/files/none"],
    ["/files/a.txt/x"],
    ["/files/leak.txt"],
    ["/files/up/secret.txt"],
    ["/files/up/"],
    ["/files/beside/x.txt"],
    ["/files/loop"],
    ["/files/a%00.txt"],
    ["/gone/x"],
    [`/files/${"x".repeat(300)}`],
  ])("for %s", async (path) => {
    const response = await get(path);
    expect([response.status, await response.text()]).toEqual([404, "404 page not found\n"]);
  });

  test.each([
    ["/files/../secret.txt"],
    ["/files/%2e%2e/secret.txt"],
    ["/files/..%2fsecret.txt"],
    ["/files/..%2f..%2f..%2f..%2fetc%2fpasswd"],
    ["/files/..%5csecret.txt"],
    ["/files//etc/passwd"],
    ["/files/%2fetc%2fpasswd"],
    ["/rw/..%2f..%2fsecret.txt"],
  ])("from outside for %s, whether the path is raw or not", async (path) => {
    for (const { port } of [front, raw]) {
      const request = `GET ${path} HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n`;
      const { text } = await sendRaw(port, request);
      expect(text).toMatch(/^HTTP\/1\.1 (?:301|400|404) /);
      expect(text).not.toMatch(/secret$|root:/);
    }
  });

  test.skipIf(process.getuid?.() === 0)("for a file that we may not read", async () => {
    write("locked.txt", "x");
    chmodSync(join(www, "locked.txt"), 0);
    expect((await get("/files/locked.txt")).status).toBe(403);
  });
});
