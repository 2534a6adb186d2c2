import { Secret } from "../../../protocol/secret.ts";
import type { StructuredSecret } from "../structured-options.ts";
import { fileTrouble, type StructuredDeps } from "./structured-resolving.ts";

/** The one place a secret is said to be in. */
export type ChosenSource = { readonly kind: "value" | "variable" | "file"; readonly text: string };

/** Undefined unless exactly one of the three is given. An empty one counts as not given. */
export function chosenSource({ value, fromEnv, fromFile }: StructuredSecret): ChosenSource | undefined {
  const given = [
    { kind: "value", text: value ?? "" } as const,
    { kind: "variable", text: fromEnv ?? "" } as const,
    { kind: "file", text: fromFile ?? "" } as const,
  ].filter(({ text }) => text !== "");
  return given.length === 1 ? given[0] : undefined;
}

/** A secret, or the original's words for why there is none. */
export type ReadSecret = { readonly secret: Secret } | { readonly error: string; readonly remedy: string };

/**
 * Read a secret for a header. A value is taken as it is: the original's documentation calls it base64, and the
 * original has not decoded it since 7.14. One line end is cut off a file's end, where editors and `echo` leave it.
 */
export function readSecretSource(
  { readFile, env }: Pick<StructuredDeps, "readFile" | "env">,
  source: StructuredSecret,
): ReadSecret {
  const chosen = chosenSource(source);
  if (chosen === undefined) {
    const error = "multiple values specified for secret source: specify either value, fromEnv of fromFile";
    return { error, remedy: "Give exactly one of them, and not an empty one." };
  }
  if (chosen.kind === "value") return { secret: new Secret(chosen.text) };
  if (chosen.kind === "variable") {
    const value = env[chosen.text] ?? "";
    if (value !== "") return { secret: new Secret(value) };
    // The spelling is the original's.
    const error = `error loading secret from environent: no value for for key ${JSON.stringify(chosen.text)}`;
    return { error, remedy: "Set that variable." };
  }
  try {
    return { secret: new Secret(readFile(chosen.text).replace(/\r?\n$/, "")) };
  } catch (error) {
    return { error: `error loadig secret from file: ${fileTrouble(chosen.text, error, "stat")}`, remedy: FILE_REMEDY };
  }
}

const FILE_REMEDY = "Check its name and its mode.";
