import { describe, expect, test } from "bun:test";

import { createPasswordCheck, type HtpasswdUsers, parseHtpasswd } from "./htpasswd.ts";

const BEA = "$2y$04$jV9BBuEB507F.n.ok3rGD.F5lXTZt1wZmwMhwR0HfjSObmTbr4l1m";
const SID = "{SHA}PZXKCUGzNhza9nyn43tIhyK6zPw=";
const FILE = `bea:${BEA}\n# comment:x\n\n  sid:${SID}\n`;

describe("a password file", () => {
  test("names users with bcrypt and SHA hashes", () => {
    expect(parseHtpasswd(FILE)).toEqual({
      users: new Map([
        ["bea", BEA],
        ["sid", SID],
      ]),
      unusableLines: [],
    });
  });

  test.each([
    ["MD5", "mia:$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/"],
    ["plain text", "mia:secret"],
    ["no colon", "mia"],
    ["two colons", "mia:{SHA}x:y"],
    ["no user", `:${BEA}`],
    ["no password", "mia:"],
    ["a bcrypt hash that is cut off", "mia:$2y$04$jV9BBuEB507F"],
    ["a cost that would stop the process", `mia:${BEA.replace("$04$", "$31$")}`],
  ])("says where a line names nobody: %s", (_name, line) => {
    expect(parseHtpasswd(`${FILE}${line}\n`)).toMatchObject({ unusableLines: [5] });
    expect(parseHtpasswd(line).users.size).toBe(0);
  });
});

describe("checking a password", () => {
  const make = (text = FILE) => {
    let users: HtpasswdUsers = parseHtpasswd(text).users;
    let now = 1000;
    const { check } = createPasswordCheck({ clock: () => now }, () => users);
    return {
      check,
      write: (next: string) => (users = parseHtpasswd(next).users),
      pass: (seconds: number) => (now += seconds),
    };
  };

  test.each([
    ["bea", "bcrypt pass", true],
    ["sid", "sha:pass", true],
    ["bea", "wrong", false],
    ["sid", "wrong", false],
    ["sid", "", false],
    ["BEA", "bcrypt pass", false],
    ["zoe", "bcrypt pass", false],
    ["", "", false],
  ])("%j with %j: %p", async (user, password, expected) => {
    const { check } = make();
    expect(await check(user, password, "192.0.2.1")).toBe(expected);
    expect(await check(user, password, "192.0.2.1")).toBe(expected);
  });

  test("a right answer is forgotten with its hash", async () => {
    const { check, write } = make();
    expect(await check("sid", "sha:pass", "")).toBe(true);
    write(`bea:${BEA}`);
    expect(await check("sid", "sha:pass", "")).toBe(false);
  });

  test("guessing is slowed down, also for SHA; the right password with it until the wait is over", async () => {
    const { check, pass } = make();
    for (let tries = 0; tries < 5; tries += 1) expect(await check("sid", `guess${tries}`, "192.0.2.1")).toBe(false);
    expect(check("sid", "guess", "192.0.2.1")).rejects.toMatchObject({ status: 429, retryAfterSeconds: 1 });
    pass(2);
    expect(await check("sid", "sha:pass", "192.0.2.1")).toBe(true);
  });

  test.each(["bea", "sid", "zoe"])("%s waits in line like everybody, known or not, whatever the hash", async (user) => {
    const { check } = make();
    const tries = Array.from({ length: 10 }, (_, place) => check(user, "wrong", `192.0.2.${place}`));
    const crowd = Array.from({ length: 30 }, (_, place) => check(`${user}${place}`, "wrong", "198.51.100.1"));
    const failures = (await Promise.allSettled(crowd)).flatMap((result) =>
      result.status === "rejected" ? [result.reason] : [],
    );
    expect(failures).toHaveLength(30 - 16);
    expect(failures[0]).toMatchObject({ status: 503 });
    expect(await Promise.all(tries)).toEqual(Array.from({ length: 10 }, () => false));
  });
});
