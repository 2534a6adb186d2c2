import { afterEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

import { until } from "../../../test/support/until.ts";
import { compileTextTemplate } from "../../pages/go-template/create-template-set.ts";
import type { AuthEntry, ChannelsConfiguration, RequestEntry } from "./channel-entries.ts";
import { createChannels, type OriginalLog } from "./create-channels.ts";

/** The original's default formats. */
const FORMATS = {
  standard: "[{{.Timestamp}}] [{{.File}}] {{.Message}}",
  auth: "{{.Client}} - {{.RequestID}} - {{.Username}} [{{.Timestamp}}] [{{.Status}}] {{.Message}}",
  request:
    "{{.Client}} - {{.RequestID}} - {{.Username}} [{{.Timestamp}}] {{.Host}} {{.RequestMethod}} {{.Upstream}} {{.RequestURI}} {{.Protocol}} {{.UserAgent}} {{.StatusCode}} {{.ResponseSize}} {{.RequestDuration}}",
};

const BASE: ChannelsConfiguration = {
  standard: { enabled: true, format: FORMATS.standard },
  auth: { enabled: true, format: FORMATS.auth },
  request: { enabled: true, format: FORMATS.request, excludedPaths: [] },
  errorsToInfoLog: false,
  localTime: false,
};

const AUTH: AuthEntry = {
  client: "192.0.2.1",
  host: "app.example.com",
  protocol: "HTTP/1.1",
  requestId: "r1",
  requestMethod: "GET",
  userAgent: 'quote"d',
  username: "alice@example.com",
  status: "AuthSuccess",
  message: "Authenticated via OAuth2",
};

const REQUEST: RequestEntry = {
  ...AUTH,
  username: "",
  requestUri: "/x?a=b",
  durationSeconds: 0.0125,
  status: 403,
  size: 12,
};

/** 2026-01-02T03:04:05.678Z */
const NOW = 1_767_323_045_678;

const folders: string[] = [];

afterEach(() => folders.splice(0).forEach((made) => rmSync(made, { recursive: true })));

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "channels-"));
  folders.push(made);
  return made;
}

/** What the channels write while `use` uses them. */
function written(
  changes: Partial<ChannelsConfiguration>,
  use: (log: OriginalLog) => void,
): { readonly out: string; readonly err: string } {
  const seen = { out: "", err: "" };
  const channels = createChannels(
    { ...BASE, ...changes },
    {
      compile: compileTextTemplate,
      clock: () => NOW,
      stdout: (lines) => (seen.out += lines),
      stderr: (lines) => (seen.err += lines),
    },
  );
  use(channels);
  channels.flush();
  return seen;
}

describe("lines in the original's formats", () => {
  test("look as the original's do", () => {
    const { out, err } = written({}, (log) => {
      log.log.info("listening", { url: "http://localhost:4180", note: "two words" });
      log.auth(AUTH);
      log.request({ ...REQUEST, upstream: "/", username: "alice@example.com" });
      log.request(REQUEST);
    });
    expect(out.split("\n")).toEqual([
      '[2026/01/02 03:04:05] [gatehouse] listening url=http://localhost:4180 note="two words"',
      "192.0.2.1 - r1 - alice@example.com [2026/01/02 03:04:05] [AuthSuccess] Authenticated via OAuth2",
      String.raw`192.0.2.1 - r1 - alice@example.com [2026/01/02 03:04:05] app.example.com GET / "/x?a=b" HTTP/1.1 "quote\"d" 403 12 0.013`,
      String.raw`192.0.2.1 - r1 - - [2026/01/02 03:04:05] app.example.com GET - "/x?a=b" HTTP/1.1 "quote\"d" 403 12 0.013`,
      "",
    ]);
    expect(err).toBe("");
  });

  test("errors go to standard error, or to the rest when that is wanted; debugging goes nowhere", () => {
    const use = (log: OriginalLog): void => {
      log.log.error("it broke");
      log.log.debug("detail");
    };
    expect(written({}, use)).toEqual({ out: "", err: "[2026/01/02 03:04:05] [gatehouse] it broke\n" });
    expect(written({ errorsToInfoLog: true }, use)).toEqual({
      out: "[2026/01/02 03:04:05] [gatehouse] it broke\n",
      err: "",
    });
  });

  test("each kind can be switched off, and single paths", () => {
    const off = { enabled: false, format: "" };
    const use = (log: OriginalLog): void => {
      log.log.error("x");
      log.auth(AUTH);
      log.request(REQUEST);
    };
    expect(written({ standard: off, auth: off, request: { ...off, excludedPaths: [] } }, use)).toEqual({
      out: "",
      err: "",
    });
    const { out } = written({ request: { ...BASE.request, excludedPaths: ["/health it"] } }, (log) => {
      log.request({ ...REQUEST, requestUri: "/health%20it?x=1" });
      log.request({ ...REQUEST, requestUri: "/health%20it/x" });
    });
    expect(out.trim().split("\n")).toHaveLength(1);
  });

  test("JSON formats stay JSON", () => {
    const format = `{"user":{{printf "%q" .Username}},"uri":{{.RequestURI}},"agent":{{.UserAgent}},"code":{{.StatusCode}}}`;
    const { out } = written({ request: { ...BASE.request, format } }, (log) => log.request(REQUEST));
    expect(JSON.parse(out)).toEqual({ user: "-", uri: "/x?a=b", agent: 'quote"d', code: 403 });
  });

  test.each([
    ["a syntax error", "{{.Message", "standard-logging-format: template: standard-log:1: unclosed action"],
    [
      "an unknown variable",
      "{{.Level}}",
      "standard-logging-format: template: standard-log:1: can't evaluate field Level",
    ],
  ])("%s in a format ends the start, naming the option and what there is", (_name, format, message) => {
    expect(() => written({ standard: { enabled: true, format } }, () => undefined)).toThrow(message);
    expect(() => written({ standard: { enabled: true, format } }, () => undefined)).toThrow(
      "variables: Timestamp, File, Message",
    );
  });
});

describe("what a client sends", () => {
  test.each([
    ["line break", "a\nb", String.raw`a\nb`],
    ["carriage return", "a\rb", String.raw`a\rb`],
    ["escape sequence", "\u001b[2J", String.raw`\x1b[2J`],
    ["C1 control", "\u009b2J", String.raw`\u009b2J`],
    ["right-to-left override", "a\u202eb", String.raw`a\u202eb`],
  ])("cannot forge a line with a %s", (_name, value, shown) => {
    const { out } = written({}, (log) => {
      log.auth({ ...AUTH, client: value, requestId: value, username: value, message: value });
      log.request({ ...REQUEST, host: value, requestMethod: value, requestUri: `/${value}`, userAgent: value });
      log.log.info("x", { value });
    });
    const lines = out.trimEnd().split("\n");
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line).toContain(shown);
  });

  test("does not fill the disk", () => {
    const { out } = written({}, (log) => log.request({ ...REQUEST, userAgent: "y".repeat(100_000) }));
    expect(out.length).toBeLessThan(2500);
  });

  test.each([
    ["/oauth2/callback?code=SECRET&state=SECRET:/x", "/oauth2/callback?code=***&state=***"],
    ["/oauth2/callback?error=denied&state=SECRET", "/oauth2/callback?error=denied&state=***"],
    ["/app/cb?st%61te=SECRET;code=SECRET", "/app/cb?st%61te=***;code=***"],
    [
      "/oauth2/sign_in?username=bea&password=SECRET&Password=SECRET",
      "/oauth2/sign_in?username=bea&password=***&Password=***",
    ],
    ["/logout?id_token_hint=SECRET", "/logout?id_token_hint=***"],
    ["/shop?state=open&x=1", "/shop?state=open&x=1"],
    ["/shop?code=42", "/shop?code=42"],
    ["/oauth2/callback?error=denied", "/oauth2/callback?error=denied"],
  ])("keeps its secrets: %s", (requestUri, shown) => {
    const { out } = written({}, (log) => log.request({ ...REQUEST, requestUri }));
    expect(out).toContain(` "${shown}" `);
  });
});

describe("a log file", () => {
  const file = { maxMegabytes: 1, maxAgeDays: 0, maxBackups: 0, compress: false };
  const line = "x".repeat(1000);

  function fill(log: OriginalLog, lines: number): void {
    for (let index = 0; index < lines; index += 1) log.log.info(line);
    log.flush();
  }

  test("takes everything but errors, and is for its owner only", () => {
    const path = join(folder(), "logs", "gate.log");
    const { out, err } = written({ file: { ...file, path } }, (log) => {
      log.log.info("here");
      log.log.error("there");
    });
    expect(out).toBe("");
    expect(err).toContain("there");
    expect(readFileSync(path, "utf8")).toBe("[2026/01/02 03:04:05] [gatehouse] here\n");
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("goes on where it ended, and is put aside when it would be too long, every line whole", () => {
    const home = folder();
    const path = join(home, "gate.log");
    writeFileSync(path, "before\n");
    written({ file: { ...file, path } }, (log) => fill(log, 2500));
    const names = readdirSync(home).sort();
    expect(names).toContain("gate-2026-01-02T03-04-05.678.log");
    expect(names).toHaveLength(3);
    for (const name of names) {
      expect(statSync(join(home, name)).size).toBeLessThanOrEqual(1024 * 1024);
      expect(readFileSync(join(home, name), "utf8")).toEndWith("\n");
    }
    const all = names.map((name) => readFileSync(join(home, name), "utf8")).join("");
    expect(all).toContain("before\n");
    expect(all.trimEnd().split("\n")).toHaveLength(2501);
  });

  test("keeps as many old files as wanted, not too old ones, and nothing of others is touched", async () => {
    const home = folder();
    for (const name of [
      "gate-2025-11-01T00-00-00.000.log",
      "gate-2025-12-31T00-00-00.000.log.gz",
      "gate-2026-01-01T00-00-00.000.log",
      "gate-2026-01-02T00-00-00.000.log",
      "gate-2025-11-01.log",
      "gate-notes.log",
      "other-2025-11-01T00-00-00.000.log",
    ]) {
      writeFileSync(join(home, name), "old");
    }
    const path = join(home, "gate.log");
    written({ file: { ...file, path, maxAgeDays: 7, maxBackups: 2 } }, () => undefined);
    await until("old files to go", () => !readdirSync(home).includes("gate-2025-11-01T00-00-00.000.log"));
    expect(readdirSync(home).sort()).toEqual([
      "gate-2025-11-01.log",
      "gate-2026-01-01T00-00-00.000.log",
      "gate-2026-01-02T00-00-00.000.log",
      "gate-notes.log",
      "gate.log",
      "other-2025-11-01T00-00-00.000.log",
    ]);
  });

  test("compresses old files", async () => {
    const home = folder();
    const path = join(home, "gate.log");
    written({ file: { ...file, path, compress: true } }, (log) => fill(log, 1500));
    await until(
      "the old file to be compressed",
      () => readdirSync(home).sort().join() === "gate-2026-01-02T03-04-05.678.log.gz,gate.log",
    );
    const old = gunzipSync(readFileSync(join(home, "gate-2026-01-02T03-04-05.678.log.gz"))).toString();
    expect(old).toStartWith("[2026/01/02");
    expect(old).toEndWith("\n");
  });

  test("that cannot be written ends the start, naming the option", () => {
    const home = folder();
    writeFileSync(join(home, "file"), "");
    chmodSync(join(home, "file"), 0o400);
    expect(() => written({ file: { ...file, path: join(home, "file", "x.log") } }, () => undefined)).toThrow(
      "logging-filename: unable to write to log file",
    );
  });
});
