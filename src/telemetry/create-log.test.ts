import { describe, expect, test } from "bun:test";

import { createLog, type LogOptions } from "./create-log.ts";

function capture(options: Partial<LogOptions>): { lines: string[]; log: ReturnType<typeof createLog> } {
  const lines: string[] = [];
  const log = createLog({
    format: "json",
    level: "info",
    clock: () => 0,
    ...options,
    write: (line) => lines.push(line),
  });
  return { lines, log };
}

describe("a log line", () => {
  test("is one JSON object with time, level, event and the fields", () => {
    const { lines, log } = capture({});
    log.warn("upstream unreachable", { origin: "http://wiki:8080", tries: 2, hidden: undefined });
    expect(lines).toEqual([
      '{"time":"1970-01-01T00:00:00.000Z","level":"warn","event":"upstream unreachable","origin":"http://wiki:8080","tries":2}',
    ]);
  });

  test("carries the fields of its logger, the nearer ones winning", () => {
    const { lines, log } = capture({});
    log.with({ requestId: "r1", app: "a" }).with({ app: "b" }).info("decided");
    expect(lines[0]).toContain('"requestId":"r1","app":"b"');
  });

  test("is not written below the level", () => {
    const { lines, log } = capture({ level: "warn" });
    log.debug("a");
    log.info("b");
    log.error("c");
    expect(lines).toHaveLength(1);
  });

  test.each([
    ["a line break", "a\nlevel=error", String.raw`"path":"a\nlevel=error"`],
    ["an escape sequence", "\u001b[2J", String.raw`"path":"\u001b[2J"`],
    ["a C1 control", "\u009b2J", String.raw`"path":"\u009b2J"`],
    ["right-to-left override", "a\u202eb", String.raw`"path":"a\u202eb"`],
  ])("escapes %s", (_name, value, expected) => {
    const { lines, log } = capture({});
    log.info("x", { path: value });
    expect(lines[0]).toContain(expected);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ path: value });
  });

  test("cannot be given another level or event by a field", () => {
    const { lines, log } = capture({});
    log.info("real", { event: "forged", level: "error" });
    expect(lines[0]).toContain('"level":"info","event":"real","event_":"forged","level_":"error"');
  });

  test("does not grow with what a client sent", () => {
    const { lines, log } = capture({});
    log.info("x", { path: "y".repeat(100_000) });
    expect(lines[0]?.length).toBeLessThan(2300);
  });

  test("is text on a terminal, with what needs it in quotes", () => {
    const { lines, log } = capture({ format: "auto", isTerminal: true });
    log.info("listening", { url: "http://localhost:8080", note: "two words", broken: "a\nb" });
    expect(lines).toEqual([
      String.raw`1970-01-01T00:00:00.000Z INFO  listening url=http://localhost:8080 note="two words" broken="a\nb"`,
    ]);
  });

  test("is JSON when the output is no terminal", () => {
    const { lines, log } = capture({ format: "auto", isTerminal: false });
    log.info("x");
    expect(lines[0]).toStartWith("{");
  });
});

describe("a line in the style of slog", () => {
  const fields = { user: "a b", groups: "x", path: String.raw`a\b`, empty: "", n: 2 };

  test("as text", () => {
    const { lines, log } = capture({ style: "slog", format: "text" });
    log.info("login successful", fields);
    expect(lines).toEqual([
      String.raw`time=1970-01-01T00:00:00.000Z level=INFO msg="login successful" user="a b" groups=x path="a\\b" empty="" n=2`,
    ]);
  });

  test("as JSON", () => {
    const { lines, log } = capture({ style: "slog" });
    log.error("failed", { msg: "forged", n: 2 });
    expect(lines).toEqual(['{"time":"1970-01-01T00:00:00.000Z","level":"ERROR","msg":"failed","msg_":"forged","n":2}']);
  });
});

test("fields that are excluded are not written, whoever adds them", () => {
  const { lines, log } = capture({ excludeFields: ["email", "groups"] });
  log.with({ email: "a@example.com" }).info("x", { groups: "staff", user: "a" });
  expect(lines).toEqual(['{"time":"1970-01-01T00:00:00.000Z","level":"info","event":"x","user":"a"}']);
});
