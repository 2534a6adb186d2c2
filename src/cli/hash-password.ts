import type { Readable } from "node:stream";
import { parseArgs } from "node:util";

import { hashPassword, type PasswordHashKind } from "../crypto/password-hash.ts";
import type { CommandIo } from "./command-io.ts";

/** Standard input: a pipe, or a terminal that can stop echoing. */
export type PasswordInput = Readable & {
  readonly isTTY?: boolean;
  readonly setRawMode?: (raw: boolean) => unknown;
};

const USAGE = "usage: gatehouse hash-password [--argon2id] < FILE\n";
const MAX_BYTES = 4096;
const ENTER = new Set(["\r", "\n", "\u0004"]);
const ERASE = new Set(["\u007f", "\b"]);
const INTERRUPT = "\u0003";
const CLEAR_LINE = "\u0015";

/**
 * `gatehouse hash-password`: read a password from standard input, or ask for it twice without echo at a terminal, and
 * print its bcrypt hash (cost 12), or with `--argon2id` its argon2id hash.
 *
 * Never an argument: other users of the machine see the arguments of a process, and shells remember them.
 *
 * @returns 0; 2 when the arguments or the password will not do; 130 when interrupted.
 */
export async function hashPasswordCommand(
  argv: readonly string[],
  io: CommandIo,
  input: PasswordInput = process.stdin,
): Promise<number> {
  const kind = parseKind(argv);
  if (kind === undefined) return refuse(io, USAGE);
  const read = input.isTTY === true ? await askTwice(input, io) : await readPassword(input);
  if ("interrupted" in read) return 130;
  if ("problem" in read) return refuse(io, `gatehouse: ${read.problem}\n`);
  try {
    io.stdout(`${await hashPassword(read.password, kind)}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return refuse(io, "gatehouse: bcrypt ignores everything after 72 bytes. Use --argon2id for so long a password.\n");
  }
}

type PasswordRead = { readonly password: string } | { readonly problem: string } | { readonly interrupted: true };

function refuse(io: CommandIo, text: string): number {
  io.stderr(text);
  return 2;
}

function parseKind(argv: readonly string[]): PasswordHashKind | undefined {
  try {
    const { values } = parseArgs({ args: [...argv], options: { argon2id: { type: "boolean", default: false } } });
    return values.argon2id ? "argon2id" : "bcrypt";
  } catch {
    return undefined;
  }
}

async function readPassword(input: PasswordInput): Promise<PasswordRead> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of input) {
    const bytes = Buffer.from(chunk);
    chunks.push(bytes);
    length += bytes.length;
    if (length > MAX_BYTES + 2) break;
  }
  return acceptPassword(
    Buffer.concat(chunks)
      .toString("utf8")
      .replace(/\r?\n$/, ""),
  );
}

/** A line end or control character inside is a mistake in a file or paste, and bcrypt stops reading at a NUL. */
function acceptPassword(password: string): PasswordRead {
  if (password === "") return { problem: "the password is empty. Type one, or send it to standard input." };
  if (Buffer.byteLength(password) > MAX_BYTES) return { problem: `the password is longer than ${MAX_BYTES} bytes.` };
  if (/[\u0000-\u001f\u007f]/.test(password)) {
    return { problem: "the password has more than one line, or a control character. Send exactly one line." };
  }
  if (password.includes("\ufffd")) return { problem: "the password is not UTF-8. Send it as UTF-8." };
  return { password };
}

async function askTwice(input: PasswordInput, io: CommandIo): Promise<PasswordRead> {
  const first = await askSilently(input, io, "Password: ");
  if (first === undefined) return { interrupted: true };
  const accepted = acceptPassword(first);
  if (!("password" in accepted)) return accepted;
  const second = await askSilently(input, io, "Once more: ");
  if (second === undefined) return { interrupted: true };
  return first === second ? accepted : { problem: "the two passwords differ." };
}

/** One line without echo; undefined when interrupted. */
function askSilently(input: PasswordInput, io: CommandIo, prompt: string): Promise<string | undefined> {
  // Before the prompt: what is typed ahead must not be echoed either.
  input.setRawMode?.(true);
  io.stderr(prompt);
  return new Promise((resolve) => {
    let typed: string[] = [];
    const finish = (line: string | undefined): void => {
      input.off("data", onData);
      input.setRawMode?.(false);
      input.pause();
      io.stderr("\n");
      resolve(line);
    };
    const onData = (chunk: Uint8Array | string): void => {
      for (const character of Buffer.from(chunk).toString("utf8")) {
        if (character === INTERRUPT) return finish(undefined);
        if (ENTER.has(character)) return finish(typed.join(""));
        if (character === CLEAR_LINE) typed = [];
        else if (ERASE.has(character)) typed.pop();
        else typed.push(character);
      }
    };
    input.on("data", onData);
    input.resume();
  });
}
