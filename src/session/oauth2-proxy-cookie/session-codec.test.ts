import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { sessionCookieValues } from "./cookie-chunks.ts";
import { decryptCfb } from "./cfb.ts";
import { createCookieKey, type CookieKey } from "./cookie-key.ts";
import { decodeLz4Frame } from "./lz4-frame.ts";
import { decodeMessagePack, type PackedMap } from "./message-pack.ts";
import { openSession, sealSession, type OriginalSession } from "./session-codec.ts";
import { openSignedValue } from "./signed-value.ts";

const clock = (): number => 1_700_000_100;
const KEY = keyOf("0123456789abcdef0123456789abcdef");

/** Made with the original's own libraries: bytes 0 to 15 as initialisation vector. */
const WORKED_COOKIE =
  "AAECAwQFBgcICQoLDA0OD_fzmzTo1oO49wuH89s6DbgMsVf4iIf5AiZHbAnU8BqFmR2UAm4aglRN7Y3axMi8UfqpumjvFBVEtVthhEfKiTuA96pq" +
  "LBe-dr624l5ddPCg7Eh7zZblz8Ow000CMsGt6oLijs7KyA==|1700000000|MdaJYEhM_LBPVoFJH_tcQKvZd-x_mcgAPpBXGOsgkg8=";

const WORKED_SESSION: OriginalSession = {
  createdAt: 1_700_000_000,
  expiresAt: 1_700_003_600,
  accessToken: "at",
  idToken: "it",
  refreshToken: "rt",
  nonce: Uint8Array.of(1, 2, 3),
  email: "a@example.com",
  user: "u1",
  groups: ["g1", "g2"],
  preferredUsername: "alice",
};

describe("the worked vector", () => {
  test("is opened", () => {
    expect(openSession({ clock }, KEY, WORKED_COOKIE)).toEqual(WORKED_SESSION);
  });

  test("is written, to the byte", () => {
    const random = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, index) => index);
    expect(sealSession({ clock, random }, KEY, WORKED_SESSION)).toBe(WORKED_COOKIE);
  });

  test("has these bytes inside", () => {
    const encrypted = openSignedValue({ clock }, KEY, WORKED_COOKIE) ?? new Uint8Array();
    const frame = decryptCfb(KEY.encryptionKey, encrypted) ?? new Uint8Array();
    const message =
      "8aa26361d6ff6553f100a2656fd6ff6553ff10a26174a26174a26974a26974a27274a27274a16ec403010203a165ad61406578616d706c65" +
      "2e636f6da175a27531a16792a26731a26732a27075a5616c696365";
    expect(hex(frame)).toBe(`04224d186440a753000080${message}000000002eafaef3`);
    expect(hex(decodeLz4Frame(frame))).toBe(message);
  });
});

describe("what is not accepted", () => {
  const [value = "", timestamp = "", signature = ""] = WORKED_COOKIE.split("|");
  const rows: Readonly<Record<string, string>> = {
    empty: "",
    "one part": value,
    "four parts": `${WORKED_COOKIE}|x`,
    "another timestamp": `${value}|1700000001|${signature}`,
    "another signature": `${value}|${timestamp}|${signature.replace("M", "N")}`,
    "a signature without padding": WORKED_COOKIE.slice(0, -1),
    "a byte of the value changed": WORKED_COOKIE.replace("AAEC", "AAED"),
    "value and timestamp moved into each other": `${value}1|700000000|${signature}`,
    "longer than any browser sends": WORKED_COOKIE.repeat(2000),
  };
  for (const [name, cookie] of Object.entries(rows)) {
    test(name, () => expect(openSession({ clock }, KEY, cookie)).toBeUndefined());
  }

  test("another cookie name, another secret", () => {
    expect(openSession({ clock }, { ...KEY, cookieName: "_oauth2_proxy_csrf" }, WORKED_COOKIE)).toBeUndefined();
    expect(openSession({ clock }, keyOf("0123456789abcdef0123456789abcdeg"), WORKED_COOKIE)).toBeUndefined();
  });

  test("a right signature over something else", () => {
    const random = (size: number): Uint8Array => new Uint8Array(size);
    const other: CookieKey = { ...KEY, encryptionKey: new Uint8Array(16) };
    expect(openSession({ clock }, KEY, sealSession({ clock, random }, other, WORKED_SESSION))).toBeUndefined();
  });
});

test("a cookie lives for its lifetime; a lifetime of 0 does not end", () => {
  const at = (now: number, key: CookieKey): boolean =>
    openSession({ clock: () => now }, key, WORKED_COOKIE) !== undefined;
  const hour = { ...KEY, lifetimeSeconds: 3600 };
  expect(at(1_700_003_599, hour)).toBe(true);
  expect(at(1_700_003_600, hour)).toBe(false);
  expect(at(1_699_999_701, hour)).toBe(true); // another replica's clock, 299 seconds ahead
  expect(at(1_699_999_700, hour)).toBe(false);
  expect(at(1_900_000_000, { ...KEY, lifetimeSeconds: 0 })).toBe(true);
});

describe("the keys of a secret", () => {
  const rows: readonly (readonly [string, number | undefined])[] = [
    ["0123456789abcdef", 16], // decodes to 12 bytes, so it is taken as it is
    ["0123456789!bcdef01234567", 24],
    ["0123456789!bcdef0123456789!bcdef", 32],
    ["0123456789abcdef0123456789abcdef", 24], // decodes to 24 bytes
    ["MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", 32],
    ["MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY", 32],
    ["MDEyMzQ1Njc4OWFiY2RlZg==", 16],
    ["+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/8=", undefined], // not decoded, and too long
    ["short", undefined],
    ["", undefined],
  ];
  test.each(rows)("%p", (secret, size) => {
    const key = createCookieKey("_oauth2_proxy", secret, 0);
    expect(key?.encryptionKey.length).toBe(size as number); // toBe takes undefined too
    if (key) expect(new TextDecoder().decode(key.signingKey)).toBe(secret);
  });
});

describe("what was sealed is opened", () => {
  const sessions: Readonly<Record<string, OriginalSession>> = {
    "nothing but a user": bare({ user: "admin" }),
    "names outside ASCII": bare({ user: "Ünïcödé 日本", email: "é@example.com", groups: ["команда", "👩🏽‍💻", ""] }),
    "times of a fraction of a second": bare({ createdAt: 1_700_000_000.5, expiresAt: 1_700_003_600.25 }),
    "long tokens": bare({ createdAt: 1_700_000_000, accessToken: "a".repeat(70_000), idToken: "xyz".repeat(30_000) }),
    "many groups": bare({ groups: Array.from({ length: 70_000 }, (_, index) => `g${index % 10}`) }),
    "claims of any kind": bare({
      additionalClaims: JSON.parse(
        '{"id":"4711","org":{"name":"Acme","leads":["x",null,true,1.5,-7,-300,70000,5000000000]},"__proto__":"x"}',
      ) as PackedMap,
    }),
  };
  const random = (size: number): Uint8Array => crypto.getRandomValues(new Uint8Array(size));
  for (const [name, session] of Object.entries(sessions)) {
    for (const secret of ["0123456789abcdef", "0123456789!bcdef01234567", "0123456789!bcdef0123456789!bcdef"]) {
      test(`${name}, AES-${secret.length * 8}`, () => {
        const sealed = sealSession({ clock, random }, keyOf(secret), session);
        expect(openSession({ clock }, keyOf(secret), sealed)).toEqual(session);
      });
    }
  }

  test("repetition makes it short", () => {
    const session = bare({ groups: Array.from({ length: 300 }, () => "/company/department/team") });
    expect(sealSession({ clock, random }, KEY, session).length).toBeLessThan(500);
  });
});

describe("damaged bytes never throw", () => {
  const runs = Number(process.env["FUZZ_RUNS"] ?? 2000);
  const encrypted = openSignedValue({ clock }, KEY, WORKED_COOKIE) ?? new Uint8Array();
  const frame = decryptCfb(KEY.encryptionKey, encrypted) ?? new Uint8Array();
  const message = decodeLz4Frame(frame) ?? new Uint8Array();
  let seed = 1;
  const next = (limit: number): number => (seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff) % limit;
  const damage = (bytes: Uint8Array): Uint8Array => {
    const copy = bytes.slice(0, next(4) === 0 ? next(bytes.length) : bytes.length);
    for (let count = next(4); count >= 0 && copy.length > 0; count -= 1) copy[next(copy.length)] = next(256);
    return copy;
  };

  test("cookie", () => {
    for (let run = 0; run < runs; run += 1) {
      const cookie = Buffer.from(damage(Buffer.from(WORKED_COOKIE))).toString("latin1");
      if (cookie !== WORKED_COOKIE) expect(openSession({ clock }, KEY, cookie)).toBeUndefined();
    }
  });

  test("frame, message", () => {
    for (let run = 0; run < runs; run += 1) {
      const damaged = damage(frame);
      if (hex(damaged) !== hex(frame)) expect(decodeLz4Frame(damaged)).toBeUndefined(); // every byte is under a checksum
      decodeMessagePack(damage(message));
      decodeMessagePack(Uint8Array.from({ length: next(40) }, () => next(256)));
    }
  });
});

/** Sessions that the real program stored. */
const VECTORS = join(import.meta.dir, "..", "..", "..", "test", "vectors", "oauth2-proxy-sessions.json");

interface Vector {
  readonly name: string;
  readonly kind: string;
  readonly store: string;
  readonly cookie_secret: string;
  readonly cookie_name: string;
  readonly cookies: string;
  readonly issued_at: number;
  readonly expect: readonly {
    readonly path: string;
    readonly headers?: Readonly<Record<string, string | null>>;
    readonly userinfo?: { user: string; email: string; groups?: string[] | null; preferredUsername?: string };
  }[];
}

const all = JSON.parse(readFileSync(VECTORS, "utf8")) as readonly Vector[]; // the file that the recorder wrote
const vectors = all.filter((vector) => vector.kind === "session" && vector.store === "cookie");
test("there are sessions of the real program", () => expect(vectors.length).toBeGreaterThan(20));
for (const vector of vectors) test(`session of the real program: ${vector.name}`, () => expectVector(vector));

function expectVector(vector: Vector): void {
  const key = createCookieKey(vector.cookie_name, vector.cookie_secret, 315_360_000);
  const values = sessionCookieValues(vector.cookies, vector.cookie_name);
  expect(values).toHaveLength(1);
  const now = (): number => vector.issued_at + 60;
  const session = key && openSession({ clock: now }, key, values[0] ?? "");
  const { userinfo } = vector.expect.find((answer) => answer.path === "/oauth2/userinfo") ?? {};
  expect(session?.user).toBe(userinfo?.user ?? "missing");
  expect(session?.email).toBe(userinfo?.email ?? "missing");
  expect(session?.groups ?? []).toEqual(userinfo?.groups ?? []);
  expect(session?.preferredUsername).toBe(userinfo?.preferredUsername ?? "");
  expect(session?.createdAt).toBeWithin(vector.issued_at - 10, vector.issued_at + 10);
  const { headers } = vector.expect.find((answer) => answer.path === "/oauth2/auth") ?? {};
  const accessToken = headers?.["X-Auth-Request-Access-Token"];
  if (accessToken) expect(session?.accessToken).toBe(accessToken);
  const authorization = headers?.["Authorization"];
  if (authorization?.startsWith("Bearer ")) expect(`Bearer ${session?.idToken}`).toBe(authorization);
  if (!key || !session) throw new Error("not opened");
  const random = (size: number): Uint8Array => new Uint8Array(size).fill(7);
  const again = sealSession({ clock: now, random }, key, session);
  expect(openSession({ clock: now }, key, again)).toEqual(session);
  expect(again.length).toBeLessThan((values[0]?.length ?? 0) * 1.1 + 50); // as well compressed as the original's
}

function keyOf(secret: string): CookieKey {
  const key = createCookieKey("_oauth2_proxy", secret, 604_800);
  if (key === undefined) throw new Error("no key");
  return key;
}

function bare(fields: Partial<OriginalSession>): OriginalSession {
  const texts = { accessToken: "", idToken: "", refreshToken: "", email: "", user: "", preferredUsername: "" };
  return { ...texts, groups: [], ...fields };
}

function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString("hex");
}
