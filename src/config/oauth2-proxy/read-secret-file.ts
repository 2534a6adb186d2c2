import { errorAt } from "./raw-setting.ts";
import type { Resolving } from "./resolving.ts";

/**
 * The secret in the file that an option names, without the line end that editors and `echo` leave at its end.
 * Undefined, with an error added, when there is none to be had.
 */
export function readSecretFile(
  { settings, problems, readFile }: Resolving,
  option: "cookie-secret-file" | "client-secret-file",
): string | undefined {
  const path = settings.text(option);
  try {
    return readFile(path).replace(/\r?\n$/, "");
  } catch {
    const message = `could not read ${option.replaceAll("-", " ")}: ${path}`;
    problems.push(errorAt(settings.place(option), message, "Check its name and its mode."));
    return undefined;
  }
}
