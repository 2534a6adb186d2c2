import { errorAt, warningAt } from "./raw-setting.ts";
import { notSupportedYet } from "./refuse-unsupported.ts";
import type { Resolving } from "./resolve.ts";

/**
 * The secret in the file that an option names, every byte of it: the original trims nothing, so a newline at the
 * end is part of the secret, which gets a warning. Undefined, with an error added, when there is none to be had.
 */
export function readSecretFile(
  { settings, problems, readFile }: Resolving,
  option: "client-secret-file" | "cookie-secret-file",
): string | undefined {
  const place = settings.place(option);
  const secret = tryRead(readFile, settings.text(option));
  if (secret === undefined) {
    const file = option === "cookie-secret-file" ? "cookie secret file" : "client secret file";
    problems.push(errorAt(place, `could not read ${file}: ${settings.text(option)}`, "Check its name and its mode."));
    return undefined;
  }
  if (secret.includes("\uFFFD")) {
    problems.push(notSupportedYet(place, `--${option} with bytes that are not UTF-8`));
    return undefined;
  }
  if (secret.endsWith("\n")) {
    problems.push(
      warningAt(place, "the newline at the end of the file is part of the secret.", "Write it with printf."),
    );
  }
  return secret;
}

function tryRead(readFile: (path: string) => string, path: string): string | undefined {
  try {
    return readFile(path);
  } catch {
    return undefined;
  }
}
