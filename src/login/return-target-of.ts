import { type ReturnTarget, parseReturnTarget } from "../protocol/return-target.ts";
import { type LoginSettings, HOME } from "./login-deps.ts";

/**
 * The return target that a request names in `rd`, else `/`. What is not allowed is not an error: the person signs in
 * all the same and lands on `/` (a refusal would tell an attacker nothing less and a person nothing more).
 */
export function returnTargetOf(settings: LoginSettings, raw: string | null): ReturnTarget {
  return parseReturnTarget(raw, settings.returnTargets) ?? home(settings);
}

function home(settings: LoginSettings): ReturnTarget {
  const target = parseReturnTarget(HOME, settings.returnTargets);
  if (target === undefined) throw new Error("the root path must be an allowed return target");
  return target;
}
