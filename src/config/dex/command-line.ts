import { nearestName } from "../nearest-name.ts";
import type { Problem } from "../problem.ts";
import { errorAt } from "./dex-problem.ts";

/** What `dex …` asks for. */
export type DexCommandLine =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "serve" | "check"; readonly flags: ServeFlags };

export interface ServeFlags {
  /** Absent when the command line names no file, which is one of the problems. */
  readonly file?: string;
  /** Values that replace the file's, by the key they replace. */
  readonly overrides: ReadonlyMap<string, { readonly flag: string; readonly value: string }>;
  readonly problems: readonly Problem[];
}

/** Flag → the key it replaces. */
const FLAGS: ReadonlyMap<string, string> = new Map([
  ["web-http-addr", "web.http"],
  ["web-https-addr", "web.https"],
  ["telemetry-addr", "telemetry.http"],
  ["grpc-addr", "grpc.addr"],
]);

/** Read the words after `dex`. Without a command, or with one that is not known, it is help that is wanted. */
export function parseDexCommandLine(argv: readonly string[]): DexCommandLine {
  const [command, ...rest] = argv;
  if (rest.includes("--help") || rest.includes("-h")) return { kind: "help" };
  if (command === "version") return { kind: "version" };
  return command === "serve" || command === "check"
    ? { kind: command, flags: parseServe(command, rest) }
    : { kind: "help" };
}

interface Reading {
  readonly overrides: Map<string, { flag: string; value: string }>;
  readonly problems: Problem[];
  readonly files: string[];
}

function parseServe(command: "serve" | "check", words: readonly string[]): ServeFlags {
  const reading: Reading = { overrides: new Map(), problems: [], files: [] };
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "--") {
      reading.files.push(...words.slice(at + 1));
      break;
    }
    if (word.startsWith("--")) at += readFlag(reading, word, words[at + 1]);
    else if (word.startsWith("-") && word !== "-")
      refuse(reading, word.slice(0, 2), `unknown shorthand flag: ${word.slice(0, 2)}`);
    else reading.files.push(word);
  }
  if (reading.files.length !== 1)
    refuse(reading, `dex ${command}`, `accepts 1 arg(s), received ${reading.files.length}`);
  const [file] = reading.files;
  const { overrides, problems } = reading;
  return { ...(file === undefined || reading.files.length > 1 ? {} : { file }), overrides, problems };
}

/** How many words besides the flag itself were used. */
function readFlag(reading: Reading, word: string, next: string | undefined): number {
  const equals = word.indexOf("=");
  const name = word.slice(2, equals === -1 ? undefined : equals);
  const flag = `--${name}`;
  if (!FLAGS.has(name)) {
    const near = nearestName(name, FLAGS.keys());
    refuse(reading, flag, `unknown flag: ${flag}`, near === undefined ? undefined : `Did you mean --${near}?`);
    return 0;
  }
  const value = equals === -1 ? next : word.slice(equals + 1);
  if (value === undefined) refuse(reading, flag, `flag needs an argument: ${flag}`, `Write ${flag}=VALUE.`);
  else keep(reading, name, value);
  return equals === -1 ? 1 : 0;
}

function keep(reading: Reading, name: string, value: string): void {
  const key = FLAGS.get(name);
  if (key !== undefined) reading.overrides.set(key, { flag: `--${name}`, value });
}

function refuse(reading: Reading, source: string, message: string, remedy = "See dex serve --help."): void {
  reading.problems.push(errorAt({ source, path: "" }, message, remedy));
}

export const DEX_HELP = `Usage: gatehouse dex serve [flags] CONFIG-FILE
       gatehouse dex check [flags] CONFIG-FILE
       gatehouse dex version

Starts the provider from dex's own configuration; check says what is wrong with it, and what will be different from
dex, and starts nothing.

Flags, which win over the file:
  --web-http-addr ADDRESS     where to listen (web.http)
  --web-https-addr ADDRESS    where to listen with TLS (web.https)
  --telemetry-addr ADDRESS    where to listen for metrics and health checks (telemetry.http)
  --grpc-addr ADDRESS         has no effect yet (grpc.addr)
`;
