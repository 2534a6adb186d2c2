import { basename } from "node:path";

import { type CommandIo, processIo } from "./command-io.ts";

/** A command: arguments → exit status, or undefined while it goes on serving. */
type Command = (argv: readonly string[], io: CommandIo) => Promise<number | undefined>;

interface CommandEntry {
  readonly summary: string;
  /** Loads the command's file only when it is called. */
  readonly load: () => Promise<Command>;
}

const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  serve: {
    summary: "proxy and provider from one native file: serve -c FILE",
    load: async () => (await import("./serve.ts")).serveCommand,
  },
  demo: {
    summary: "everything at once on this machine, to try it",
    load: async () => (await import("./demo.ts")).demo,
  },
  check: {
    summary: "validate a native file without starting: check -c FILE [--print]",
    load: async () => (await import("./check.ts")).check,
  },
  hello: {
    summary: "the sample application: hello --listen HOST:PORT",
    load: async () => (await import("./hello.ts")).hello,
  },
  "hash-password": {
    summary: "hash a password from standard input",
    load: async () => (await import("./hash-password.ts")).hashPasswordCommand,
  },
  version: { summary: "print the version", load: async () => (await import("./version.ts")).version },
  "oauth2-proxy": {
    summary: "run as oauth2-proxy, with its flags, environment and files",
    load: async () => (await import("./oauth2-proxy.ts")).oauth2ProxyCommand,
  },
  dex: {
    summary: "run as dex: dex serve FILE, or see what will be different: dex check FILE",
    load: async () => (await import("./dex.ts")).dexCommand,
  },
};

/** Names that choose a command when the executable is started by them. */
const NAMES = new Set(["oauth2-proxy", "dex"]);

/**
 * Find and run a command.
 *
 * @param startedAs the name the program was started by.
 * @returns the exit status; undefined while it goes on serving.
 */
export async function run(
  startedAs: string,
  argv: readonly string[],
  io: CommandIo = processIo,
): Promise<number | undefined> {
  const name = basename(startedAs).replace(/\.exe$/, "");
  const [command, ...rest] = NAMES.has(name) ? [name, ...argv] : argv;
  if (command === undefined || command === "help" || command === "--help" || command === "-h") {
    io.stdout(usage());
    return command === undefined ? 2 : 0;
  }
  const entry = COMMANDS[command === "--version" ? "version" : command];
  if (entry === undefined) {
    io.stderr(`gatehouse: there is no command "${command}".\n\n${usage()}`);
    return 2;
  }
  return (await entry.load())(rest, io);
}

function usage(): string {
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(14)} ${summary}`);
  return `usage: gatehouse COMMAND\n\n${lines.join("\n")}\n`;
}
