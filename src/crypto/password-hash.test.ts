import { describe, expect, test } from "bun:test";
import { hashPassword, isPasswordHash, verifyPassword } from "./password-hash.ts";

/** Made by other programs: libxcrypt, and rust-argon2. */
const BCRYPT_2Y = "$2y$04$abcdefghijklmnopqrstuughE8Ev8uGFaUgY2cNEySvxngrb/Jzdm";
const ARGON2ID =
  "$argon2id$v=19$m=1024,t=2,p=1$1oEDHaLHGc2xPqbS78bI24O4v7I/gwM9jmusAXqNe2A$Dbc0UT2sOTDvjbhY+nNnbcgkuTPvtKjOoXbmdgiwhT4";

describe("verifyPassword", () => {
  test.each([
    ["bcrypt $2y$", BCRYPT_2Y, "password", true],
    ["bcrypt $2a$", BCRYPT_2Y.replace("$2y$", "$2a$"), "password", true],
    ["bcrypt $2b$", BCRYPT_2Y.replace("$2y$", "$2b$"), "password", true],
    ["bcrypt, wrong password", BCRYPT_2Y, "Password", false],
    ["bcrypt, empty password", BCRYPT_2Y, "", false],
    ["argon2id", ARGON2ID, "correct horse", true],
    ["argon2id, wrong password", ARGON2ID, "correct horse ", false],
    ["argon2id, changed salt", ARGON2ID.replace("1oEDH", "1oEDG"), "correct horse", false],
    ["a plain text password is no hash", "password", "password", false],
    ["nothing", "", "", false],
  ])("%s", async (_name, hash, password, expected) => {
    expect(await verifyPassword(hash, password)).toBe(expected);
  });
});

describe("hashPassword", () => {
  test("makes bcrypt of cost 12 that verifies", async () => {
    const hash = await hashPassword("pässword", "bcrypt");
    expect(hash).toStartWith("$2b$12$");
    expect(await verifyPassword(hash, "pässword")).toBe(true);
    expect(await verifyPassword(hash, "passwort")).toBe(false);
  });

  test("refuses what bcrypt would cut off, and verifies as bcrypt everywhere does", async () => {
    const refused = (password: string): Promise<unknown> => hashPassword(password, "bcrypt").catch((error) => error);
    expect(await refused("x".repeat(73))).toBeInstanceOf(RangeError);
    expect(await refused("ä".repeat(37))).toBeInstanceOf(RangeError);
    const hash = await hashPassword("x".repeat(72), "bcrypt");
    expect(await verifyPassword(hash, `${"x".repeat(72)}ignored`)).toBe(true);
    expect(await verifyPassword(hash, "x".repeat(71))).toBe(false);
  });

  test("makes argon2id that verifies, with a new salt each time", async () => {
    const hash = await hashPassword("x".repeat(100), "argon2id");
    expect(hash).toStartWith("$argon2id$v=19$m=65536,t=3,p=4$");
    expect(await verifyPassword(hash, "x".repeat(100))).toBe(true);
    expect(await verifyPassword(hash, "x".repeat(99))).toBe(false);
    expect(await hashPassword("x".repeat(100), "argon2id")).not.toBe(hash);
  });
});

describe("isPasswordHash", () => {
  test.each([
    ["bcrypt", BCRYPT_2Y, true],
    ["bcrypt of cost 16", BCRYPT_2Y.replace("$04$", "$16$"), true],
    ["bcrypt of cost 17", BCRYPT_2Y.replace("$04$", "$17$"), false],
    ["bcrypt of cost 3", BCRYPT_2Y.replace("$04$", "$03$"), false],
    ["bcrypt, one character short", BCRYPT_2Y.slice(0, -1), false],
    ["bcrypt with a line end", `${BCRYPT_2Y}\n`, false],
    ["unknown version", BCRYPT_2Y.replace("$2y$", "$2z$"), false],
    ["argon2id", ARGON2ID, true],
    ["argon2i", ARGON2ID.replace("argon2id", "argon2i"), false],
    ["argon2id of 2 GiB", ARGON2ID.replace("m=1024", "m=2097152"), false],
    ["argon2id of 17 passes", ARGON2ID.replace("t=2", "t=17"), false],
    ["argon2id of no lanes", ARGON2ID.replace("p=1", "p=0"), false],
    ["argon2id with too little memory", ARGON2ID.replace("m=1024", "m=7"), false],
    ["argon2id of version 16", ARGON2ID.replace("v=19", "v=16"), false],
    ["htpasswd SHA1", "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", false],
  ])("%s", (_name, hash, expected) => {
    expect(isPasswordHash(hash)).toBe(expected);
  });
});
