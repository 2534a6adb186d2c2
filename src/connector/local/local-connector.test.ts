import { describe, expect, test } from "bun:test";
import type { LocalUser } from "../../config/connector-configuration.ts";
import type { Log, LogFields } from "../../telemetry/log.ts";
import type { PasswordConnector } from "../connector.ts";
import { createLocalConnector } from "./local-connector.ts";

/** bcrypt of cost 4 of `password`. */
const HASH = "$2y$04$abcdefghijklmnopqrstuughE8Ev8uGFaUgY2cNEySvxngrb/Jzdm";
const ADMIN: LocalUser = {
  email: "Admin@example.com",
  passwordHash: HASH,
  userId: "08a8684b",
  name: "Admin",
  preferredUsername: "admin",
  emailVerified: true,
  groups: ["admins"],
};
const from = (username: string, password: string, clientAddress = "192.0.2.1") => ({
  username,
  password,
  clientAddress,
});

interface Made {
  readonly connector: PasswordConnector;
  readonly lines: [string, LogFields | undefined][];
  readonly wait: (seconds: number) => void;
}

function make(users: readonly LocalUser[], findUser?: (email: string) => Promise<LocalUser | undefined>): Made {
  let now = 1_700_000_000;
  const lines: [string, LogFields | undefined][] = [];
  const write = (event: string, fields?: LogFields): void => void lines.push([event, fields]);
  const log: Log = { debug: write, info: write, warn: write, error: write, with: () => log };
  const connector = createLocalConnector(
    { clock: () => now, log, ...(findUser && { findUser }) },
    { type: "local", id: "local", name: "Local", prompt: "Email Address", users },
  );
  return { connector, lines, wait: (seconds) => void (now += seconds) };
}

const failure = (work: Promise<unknown> | undefined): Promise<unknown> =>
  (work ?? Promise.resolve()).then(
    () => "no failure",
    (error: unknown) => error,
  );

describe("a local login", () => {
  test("finds the user by e-mail address in any case, and tells who it is", async () => {
    const { connector } = make([ADMIN]);
    expect(await connector.login(from("aDMIN@EXAMPLE.com", "password"))).toEqual({
      identity: {
        userId: "08a8684b",
        username: "Admin",
        preferredUsername: "admin",
        email: "Admin@example.com",
        emailVerified: true,
        groups: ["admins"],
      },
      tokens: {},
    });
  });

  test.each([
    ["a wrong password", "admin@example.com", "Password"],
    ["an empty password", "admin@example.com", ""],
    ["an unknown user", "nobody@example.com", "password"],
    ["an empty user", "", "password"],
    ["a very long user", "a".repeat(60_000), "password"],
    ["the user id instead of the address", "08a8684b", "password"],
  ])("refuses %s", async (_name, username, password) => {
    expect(await make([ADMIN]).connector.login(from(username, password))).toBeUndefined();
  });

  test("refuses everybody when there are no users", async () => {
    expect(await make([]).connector.login(from("admin@example.com", "password"))).toBeUndefined();
  });

  test("finds users of the store by lower-case address, configured ones first", async () => {
    const asked: string[] = [];
    const { connector } = make([ADMIN], (email) => {
      asked.push(email);
      return Promise.resolve({ ...ADMIN, email, userId: "stored" });
    });
    expect((await connector.login(from("New@Example.com", "password")))?.identity.userId).toBe("stored");
    expect((await connector.login(from("admin@example.com", "password")))?.identity.userId).toBe("08a8684b");
    expect(asked).toEqual(["new@example.com", "admin@example.com"]);
  });

  test("a store that fails is told as it is, and does not count as a wrong try", async () => {
    const broken = new Error("locked");
    const { connector } = make([ADMIN], () => Promise.reject(broken));
    for (let round = 0; round < 8; round++) {
      expect(await failure(connector.login(from("admin@example.com", "password")))).toBe(broken);
    }
  });

  test("a hash that cannot be checked is never right, and the operator is told", async () => {
    const { connector, lines } = make([{ ...ADMIN, passwordHash: "password" }]);
    expect(await connector.login(from("admin@example.com", "password"))).toBeUndefined();
    expect(lines).toEqual([["the stored password hash of a user cannot be checked", { userId: "08a8684b" }]]);
  });
});

describe("wrong tries", () => {
  test.each(["admin@example.com", "nobody@example.com"])("slow %s down in the same way", async (username) => {
    const { connector, wait } = make([ADMIN]);
    for (let round = 0; round < 5; round++) {
      expect(await connector.login(from(username, "wrong"))).toBeUndefined();
    }
    expect(await failure(connector.login(from(username.toUpperCase(), "password")))).toMatchObject({
      reason: "denied",
      code: "connector_throttled",
      status: 429,
      retryAfterSeconds: 1,
    });
    wait(1);
    expect(await connector.login(from(username, "wrong"))).toBeUndefined();
    expect(await failure(connector.login(from(username, "wrong")))).toMatchObject({ retryAfterSeconds: 2 });
  });

  test("are forgotten after the right one", async () => {
    const { connector, wait } = make([ADMIN]);
    for (let round = 0; round < 5; round++) await connector.login(from("admin@example.com", "wrong"));
    wait(1);
    expect(await connector.login(from("admin@example.com", "password"))).toBeDefined();
    for (let round = 0; round < 5; round++) {
      expect(await connector.login(from("admin@example.com", "wrong"))).toBeUndefined();
    }
  });
});

describe("a local refresh", () => {
  const login = async (connector: PasswordConnector) => {
    const found = await connector.login(from("admin@example.com", "password"));
    if (found === undefined) throw new Error("must sign in");
    return found;
  };

  test("tells the current identity", async () => {
    let user: LocalUser | undefined = { ...ADMIN, email: "admin@example.com" };
    const { connector } = make([], () => Promise.resolve(user));
    const first = await login(connector);
    user = { ...ADMIN, email: "admin@example.com", groups: ["staff"] };
    expect((await connector.refresh?.(first))?.identity.groups).toEqual(["staff"]);
    user = { ...user, userId: "somebody else who got the address" };
    expect(await failure(connector.refresh?.(first))).toMatchObject({ reason: "revoked" });
    user = undefined;
    expect(await failure(connector.refresh?.(first))).toMatchObject({ reason: "revoked" });
  });

  test("follows a configured user to a new address", async () => {
    const first = await login(make([ADMIN]).connector);
    const { connector } = make([{ ...ADMIN, email: "root@example.com" }]);
    expect((await connector.refresh?.(first))?.identity.email).toBe("root@example.com");
  });
});
