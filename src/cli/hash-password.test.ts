import { describe, expect, test } from "bun:test";
import { PassThrough, Readable } from "node:stream";

import { verifyPassword } from "../crypto/password-hash.ts";
import { hashPasswordCommand, type PasswordInput } from "./hash-password.ts";

interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

async function run(argv: readonly string[], input: PasswordInput): Promise<Outcome> {
  let out = "";
  let err = "";
  const io = { stdout: (text: string) => void (out += text), stderr: (text: string) => void (err += text) };
  const status = await hashPasswordCommand(argv, io, input);
  return { status, out, err };
}

const piped = (text: string | Uint8Array): Readable => Readable.from([Buffer.from(text)]);

/** A terminal whose user types one line at each prompt, and that remembers when it echoed. */
function terminal(...lines: readonly string[]): PasswordInput & { readonly modes: boolean[] } {
  const modes: boolean[] = [];
  const stream = new PassThrough();
  const rest = [...lines];
  const setRawMode = (raw: boolean): void => {
    modes.push(raw);
    if (raw) setImmediate(() => stream.write(rest.shift() ?? "\u0003"));
  };
  return Object.assign(stream, { isTTY: true, setRawMode, modes });
}

describe("from a pipe", () => {
  test("the first line becomes a bcrypt hash of cost 12", async () => {
    const { status, out, err } = await run([], piped("correct horse\n"));
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(out).toMatch(/^\$2[aby]\$12\$[./A-Za-z0-9]{53}\n$/);
    expect(await verifyPassword(out.trim(), "correct horse")).toBe(true);
    expect(await verifyPassword(out.trim(), "correct horse\n")).toBe(false);
  });

  test("--argon2id takes what bcrypt would cut off", async () => {
    const password = "x".repeat(73);
    const refused = await run([], piped(password));
    expect(refused).toEqual({
      status: 2,
      out: "",
      err: "gatehouse: bcrypt ignores everything after 72 bytes. Use --argon2id for so long a password.\n",
    });
    const { status, out } = await run(["--argon2id"], piped(password));
    expect(status).toBe(0);
    expect(out).toStartWith("$argon2id$v=19$");
    expect(await verifyPassword(out.trim(), password)).toBe(true);
  });

  const rejected: readonly [string, string | Uint8Array, string][] = [
    ["nothing", "", "gatehouse: the password is empty. Type one, or send it to standard input.\n"],
    ["an empty line", "\n", "gatehouse: the password is empty. Type one, or send it to standard input.\n"],
    [
      "two lines",
      "a\nb\n",
      "gatehouse: the password has more than one line, or a control character. Send exactly one line.\n",
    ],
    [
      "a NUL",
      "a\u0000b",
      "gatehouse: the password has more than one line, or a control character. Send exactly one line.\n",
    ],
    ["Latin-1", new Uint8Array([0x61, 0xe4]), "gatehouse: the password is not UTF-8. Send it as UTF-8.\n"],
    ["a megabyte", "x".repeat(1_000_000), "gatehouse: the password is longer than 4096 bytes.\n"],
  ];
  test.each(rejected)("%s is refused", async (_name, text, err) => {
    expect(await run([], piped(text))).toEqual({ status: 2, out: "", err });
  });

  test("a password as an argument is refused", async () => {
    const { status, out, err } = await run(["hunter2"], piped("x"));
    expect({ status, out, err }).toEqual({
      status: 2,
      out: "",
      err: "usage: gatehouse hash-password [--argon2id] < FILE\n",
    });
  });
});

describe("at a terminal", () => {
  test("asks twice, without echo, and edits the line", async () => {
    const input = terminal("wrong\u0015pass\u007f\u007fssword\r", "password\r");
    const { status, out, err } = await run([], input);
    expect({ status, err }).toEqual({ status: 0, err: "Password: \nOnce more: \n" });
    expect(await verifyPassword(out.trim(), "password")).toBe(true);
    expect(input.modes).toEqual([true, false, true, false]);
  });

  test("the echo is off before the prompt shows, for those who type at once", async () => {
    const input = terminal("password\r", "password\r");
    const echoedAtPrompt: boolean[] = [];
    const stderr = (text: string): void => {
      if (text.endsWith(": ")) echoedAtPrompt.push(input.modes.at(-1) !== true);
    };
    await hashPasswordCommand([], { stdout: () => undefined, stderr }, input);
    expect(echoedAtPrompt).toEqual([false, false]);
  });

  test("two different lines are refused", async () => {
    const { status, out, err } = await run([], terminal("one\r", "two\r"));
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toEndWith("gatehouse: the two passwords differ.\n");
  });

  test("Ctrl-C ends it and gives the echo back", async () => {
    const input = terminal("pass\u0003");
    expect(await run([], input)).toMatchObject({ status: 130, out: "" });
    expect(input.modes).toEqual([true, false]);
  });
});
