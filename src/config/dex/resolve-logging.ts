import type { LoggingConfiguration } from "../configuration.ts";
import { listAt, placeAt, textAt } from "./config-object.ts";
import { errorAt, warningAt } from "./dex-problem.ts";
import type { Resolving } from "./resolve.ts";

/** What is logged, in the original's own format. */
export function resolveLogging(resolving: Resolving): LoggingConfiguration {
  const { root, problems } = resolving;
  const format = textAt(root, "logger.format") || "text";
  const isJson = format.toLowerCase() === "json";
  if (!isJson && format.toLowerCase() !== "text") {
    const message = `log format is not one of the supported values (json, text): ${format}`;
    problems.push(errorAt(placeAt(root, "logger.format"), message, "Write one of them."));
  }
  return {
    format: isJson ? "json" : "text",
    level: resolveLevel(resolving),
    style: "slog",
    excludeFields: listAt(root, "logger.excludeFields"),
  };
}

const LEVEL = /^(debug|info|warn|error)([+-]\d+)?$/i;

const LEVELS = [
  ["debug", -4],
  ["info", 0],
  ["warn", 4],
  ["error", 8],
] as const;

/** Our level that shows the same of our own lines: `INFO+2` hides what is below a warning. Errors are always shown. */
function resolveLevel({ root, problems }: Resolving): LoggingConfiguration["level"] {
  const text = textAt(root, "logger.level") || "info";
  const [, name = "", offset = "0"] = LEVEL.exec(text) ?? [];
  const base = LEVELS.find(([level]) => level === name.toLowerCase())?.[1];
  const place = placeAt(root, "logger.level");
  if (base === undefined) {
    const message = `slog: level string ${JSON.stringify(text)}: unknown name`;
    problems.push(errorAt(place, message, "Write debug, info, warn or error."));
    return "info";
  }
  const level = LEVELS.find(([, value]) => value >= base + Number(offset))?.[0];
  if (level === undefined) problems.push(warningAt(place, "errors are logged all the same.", "Write error."));
  return level ?? "error";
}
