import type { LoginParameter } from "../../config/oauth2-proxy-configuration.ts";
import { compileExpression } from "../../protocol/regular-expression.ts";

/** The parameters of an authorization request. `asked`: what the start of the login was asked for; absent = nothing. */
export type LoginParametersFor = (asked?: URLSearchParams) => Readonly<Record<string, readonly string[]>>;

/** A value that was asked for and is allowed wins over the defaults; one that is not allowed is left out. */
export function createLoginParameters(parameters: readonly LoginParameter[]): LoginParametersFor {
  const prepared = parameters.map(({ name, defaults, allow }) => ({
    name,
    defaults,
    isAllowed: createIsAllowed(allow),
  }));
  return (asked) => {
    const result: Record<string, readonly string[]> = {};
    for (const { name, defaults, isAllowed } of prepared) {
      const chosen = asked?.getAll(name).filter(isAllowed) ?? [];
      const values = chosen.length > 0 ? chosen : defaults;
      if (values.length > 0) result[name] = values;
    }
    return result;
  };
}

function createIsAllowed(allow: LoginParameter["allow"]): (value: string) => boolean {
  const values = new Set(allow.flatMap((rule) => ("value" in rule ? [rule.value] : [])));
  const expressions = allow.flatMap((rule) => {
    const result = "pattern" in rule ? compileExpression(rule.pattern) : undefined;
    return result !== undefined && "expression" in result ? [result.expression] : [];
  });
  return (value) => values.has(value) || expressions.some((expression) => expression.matches(value));
}
