import { compileExpression } from "../../../protocol/regular-expression.ts";
import type { LoginParameter } from "../../oauth2-proxy-configuration.ts";
import type { StructuredLoginParameter, StructuredProvider } from "../structured-options.ts";
import { refuse, type StructuredResolving } from "./structured-resolving.ts";

const LIST = "providers[0].loginURLParameters";

/** Parameters of the authorization request, the response mode among them. */
export function resolveLoginParameters(
  resolving: StructuredResolving,
  provider: StructuredProvider,
): readonly LoginParameter[] {
  const seen = new Set<string>();
  const parameters = provider.loginURLParameters.map((parameter, index) => {
    const path = `${LIST}[${index}]`;
    if (seen.has(parameter.name)) {
      const message = `parameter ${parameter.name} provided more than once in loginURLParameters`;
      refuse(resolving, `${path}.name`, message, "Put all that is said about it into one entry.");
    }
    seen.add(parameter.name);
    return { name: parameter.name, defaults: parameter.default, allow: resolveRules(resolving, parameter, path) };
  });
  return [...parameters, ...responseMode(provider)];
}

/** These build the address of their own, and leave the mode out. */
const WITHOUT_RESPONSE_MODE: readonly string[] = ["adfs", "azure", "login.gov"];

function responseMode({ provider, authRequestResponseMode }: StructuredProvider): readonly LoginParameter[] {
  if (authRequestResponseMode === "" || WITHOUT_RESPONSE_MODE.includes(provider)) return [];
  return [{ name: "response_mode", defaults: [authRequestResponseMode], allow: [] }];
}

function resolveRules(
  resolving: StructuredResolving,
  { name, allow }: StructuredLoginParameter,
  path: string,
): LoginParameter["allow"] {
  return allow.flatMap(({ value, pattern }, index): LoginParameter["allow"] => {
    const place = `${path}.allow[${index}]`;
    if (value !== undefined && pattern === undefined) return [{ value }];
    if (pattern === undefined || value !== undefined) {
      const message = `rule ${index} in LoginURLParameter ${name} must have exactly one of value or pattern`;
      refuse(resolving, place, message, "Keep one of them.");
      return [];
    }
    const compiled = compileExpression(pattern);
    if ("expression" in compiled) return [{ pattern }];
    refuse(resolving, `${place}.pattern`, compiled.error, "Correct the expression.");
    return [];
  });
}
