import { compileExpression } from "../../protocol/regular-expression.ts";
import type { OAuth2ProxyConfiguration, SkipAuthRule } from "../oauth2-proxy-configuration.ts";
import { errorAt, warningAt } from "./raw-setting.ts";
import type { Resolving } from "./resolving.ts";

/** Requests that need no sign-in. The patterns of the deprecated option come first, as in the original. */
export function resolveSkipAuth(resolving: Resolving): OAuth2ProxyConfiguration["skipAuth"] {
  const { settings } = resolving;
  const rules = [
    ...settings.list("skip-auth-regex").map((pathPattern) => ({ negated: false, pathPattern })),
    ...settings.list("skip-auth-route").map(parseRoute),
  ];
  const options = [
    ...settings.list("skip-auth-regex").map(() => "skip-auth-regex" as const),
    ...settings.list("skip-auth-route").map(() => "skip-auth-route" as const),
  ];
  return {
    rules: rules.filter((rule, index) => isUsable(resolving, options[index] ?? "skip-auth-route", rule)),
    preflight: settings.flag("skip-auth-preflight"),
  };
}

/** Paths that are answered with 401 instead of the sign-in page. */
export function resolveApiRoutes(resolving: Resolving): readonly string[] {
  return resolving.settings.list("api-route").filter((pathPattern) => isPattern(resolving, "api-route", pathPattern));
}

/** `[METHOD=]pattern`, or with `!=` for everything the pattern does not match: the first of the two signs decides. */
function parseRoute(text: string): SkipAuthRule {
  const match = /^(.*?)(!?)=(.*)$/s.exec(text);
  if (match === null) return { negated: false, pathPattern: text };
  const method = (match[1] ?? "").toUpperCase();
  return { ...(method === "" ? {} : { method }), negated: match[2] === "!", pathPattern: match[3] ?? "" };
}

type PatternOption = "skip-auth-regex" | "skip-auth-route" | "api-route";

function isUsable(resolving: Resolving, option: PatternOption, rule: SkipAuthRule): boolean {
  if (!isPattern(resolving, option, rule.pathPattern)) return false;
  const { settings, problems } = resolving;
  const place = settings.place(option);
  if (rule.method !== undefined && !/^[A-Z0-9!#$%&'*+\-.^_`|~]+$/.test(rule.method)) {
    const message = `${JSON.stringify(rule.method)} is no method, so this rule never matches.`;
    problems.push(warningAt(place, message, "Put = in front of a pattern that holds an equals sign."));
  }
  if (!rule.negated && !/^(?:\(\?[a-z]+\))?(?:\^|\\A)/.test(rule.pathPattern)) {
    const message = `${JSON.stringify(rule.pathPattern)} matches anywhere in a path, so others can be made to match it.`;
    problems.push(warningAt(place, message, "Begin it with ^, and end it with $ where nothing may follow."));
  }
  return true;
}

/** An empty pattern would match everything, which nobody writes on purpose: it comes from a superfluous comma. */
function isPattern({ settings, problems }: Resolving, option: PatternOption, pattern: string): boolean {
  const place = settings.place(option);
  if (pattern === "") {
    problems.push(
      warningAt(place, "an empty pattern is ignored.", "Remove the superfluous comma, or write .* for all."),
    );
    return false;
  }
  const compiled = compileExpression(pattern);
  if ("expression" in compiled) return true;
  const remedy = "Write it in the syntax of RE2: no look-around, no back-references.";
  problems.push(errorAt(place, `error compiling regex /${pattern}/: ${compiled.error}`, remedy));
  return false;
}
