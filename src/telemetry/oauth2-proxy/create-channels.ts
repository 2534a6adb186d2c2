import type { Log, LogFields } from "../log.ts";
import type {
  AuthEntry,
  ChannelConfiguration,
  ChannelsConfiguration,
  RequestEntry,
  RequestFacts,
} from "./channel-entries.ts";
import { createLineWriter, type LineWriter } from "./create-line-writer.ts";
import { createLogFile } from "./create-log-file.ts";
import { logValue, quotedLogValue } from "./log-value.ts";
import { maskQuery } from "./mask-query.ts";

/** The original's log: three kinds of lines. */
export interface OriginalLog {
  /** Writes standard lines: the event, then its fields as `name=value`. What is for debugging only is left out. */
  readonly log: Log;
  auth(entry: AuthEntry): void;
  request(entry: RequestEntry): void;
  /** Write what waits. */
  flush(): void;
}

export interface ChannelsDeps {
  /** A Go text template. @throws {Error} when it cannot be parsed, or at rendering for a variable that it does not have. */
  readonly compile: (name: string, format: string) => Render;
  /** Milliseconds since the epoch. Default: the system's clock. */
  readonly clock?: () => number;
  /** Whole lines. Default: those of the process. */
  readonly stdout?: (lines: string) => void;
  readonly stderr?: (lines: string) => void;
}

type Render = (variables: Readonly<Record<string, string>>) => string;

/**
 * Errors go to standard error unless they are wanted among the rest; the rest goes to the file, or to standard output.
 *
 * @throws {Error} naming the option of a format that cannot be used, or of a file that cannot be written.
 */
export function createChannels(configuration: ChannelsConfiguration, deps: ChannelsDeps): OriginalLog {
  const clock = deps.clock ?? Date.now;
  const errors = createLineWriter(deps.stderr ?? ((lines) => void process.stderr.write(lines)));
  const info = createInfoWriter(configuration, deps, { clock, complain: errors.write });
  const timestamp = (milliseconds: number): string => formatTimestamp(milliseconds, configuration.localTime);
  const standard = createChannel(deps, "standard", configuration.standard);
  const auth = createChannel(deps, "auth", configuration.auth);
  const request = createChannel(deps, "request", configuration.request);
  const excluded = new Set(configuration.request.excludedPaths);
  return {
    log: createStandardLog((level, message) => {
      const line = standard?.({ Timestamp: timestamp(clock()), File: "gatehouse", Message: message });
      if (line !== undefined) (level === "error" && !configuration.errorsToInfoLog ? errors : info).write(line);
    }),
    auth(entry) {
      if (auth !== undefined) info.write(auth(authVariables(entry, timestamp(clock()))));
    },
    request(entry) {
      if (request === undefined || (excluded.size > 0 && excluded.has(pathOf(entry.requestUri)))) return;
      info.write(request(requestVariables(entry, timestamp(clock() - entry.durationSeconds * 1000))));
    },
    flush() {
      info.flush();
      errors.flush();
    },
  };
}

function createInfoWriter(
  { file, localTime }: ChannelsConfiguration,
  { stdout }: ChannelsDeps,
  fileDeps: Parameters<typeof createLogFile>[0],
): LineWriter {
  if (file !== undefined) return createLineWriter(createLogFile(fileDeps, file, localTime));
  return createLineWriter(stdout ?? ((lines) => void process.stdout.write(lines)));
}

type ChannelName = "standard" | "auth" | "request";

/** Undefined when it is switched off. Rendered once at the start, so that a wrong format is found then and not at the first request. */
function createChannel(
  { compile }: ChannelsDeps,
  name: ChannelName,
  { enabled, format }: ChannelConfiguration,
): Render | undefined {
  if (!enabled) return undefined;
  try {
    const render = compile(`${name}-log`, format);
    render(SAMPLES[name]);
    return render;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${name}-logging-format: ${reason}; variables: ${Object.keys(SAMPLES[name]).join(", ")}`, {
      cause,
    });
  }
}

const FACTS: RequestFacts = {
  client: "",
  host: "",
  protocol: "",
  requestId: "",
  requestMethod: "",
  userAgent: "",
  username: "",
};

const SAMPLES: Readonly<Record<ChannelName, Readonly<Record<string, string>>>> = {
  standard: { Timestamp: "", File: "", Message: "" },
  auth: authVariables({ ...FACTS, status: "AuthSuccess", message: "" }, ""),
  request: requestVariables({ ...FACTS, requestUri: "/", durationSeconds: 0, status: 200, size: 0 }, ""),
};

function authVariables(entry: AuthEntry, timestamp: string): Record<string, string> {
  return { ...factVariables(entry, timestamp), Status: entry.status, Message: logValue(entry.message) };
}

function requestVariables(entry: RequestEntry, timestamp: string): Record<string, string> {
  return {
    ...factVariables(entry, timestamp),
    RequestDuration: entry.durationSeconds.toFixed(3),
    RequestURI: quotedLogValue(maskQuery(entry.requestUri)),
    ResponseSize: String(entry.size),
    StatusCode: String(entry.status),
    Upstream: logValue(entry.upstream ?? "") || "-",
  };
}

function factVariables(facts: RequestFacts, timestamp: string): Record<string, string> {
  return {
    Client: logValue(facts.client),
    Host: logValue(facts.host),
    Protocol: logValue(facts.protocol),
    RequestID: logValue(facts.requestId),
    RequestMethod: logValue(facts.requestMethod),
    Timestamp: timestamp,
    UserAgent: quotedLogValue(facts.userAgent),
    Username: logValue(facts.username) || "-",
  };
}

/** `2026/01/02 03:04:05`. */
function formatTimestamp(milliseconds: number, localTime: boolean): string {
  const offset = localTime ? new Date(milliseconds).getTimezoneOffset() * 60_000 : 0;
  return new Date(milliseconds - offset).toISOString().slice(0, 19).replaceAll("-", "/").replace("T", " ");
}

function pathOf(uri: string): string {
  const path = uri.split("?", 1)[0] ?? "";
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

type WriteMessage = (level: "info" | "error", message: string) => void;

function createStandardLog(write: WriteMessage, own: LogFields = {}): Log {
  const at =
    (level: "info" | "error") =>
    (event: string, fields?: LogFields): void =>
      write(level, messageOf(event, { ...own, ...fields }));
  return {
    debug: () => undefined,
    info: at("info"),
    warn: at("info"),
    error: at("error"),
    with: (fields) => createStandardLog(write, { ...own, ...fields }),
  };
}

function messageOf(event: string, fields: LogFields): string {
  let message = logValue(event);
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const text = String(value);
    message += ` ${name}=${/^[^\s"=\\\u0000-\u001f]+$/.test(text) ? logValue(text) : quotedLogValue(text)}`;
  }
  return message;
}
