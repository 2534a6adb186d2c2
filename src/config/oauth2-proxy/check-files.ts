import { errorAt, warningAt } from "./raw-setting.ts";
import type { OptionName } from "./options.ts";
import type { Resolving } from "./resolving.ts";
import { fileTrouble } from "./structured/structured-resolving.ts";

/** Refuse files that nothing could be made of, before anything is started. Their contents are read again when they are used. */
export function checkFiles(resolving: Resolving): void {
  checkHtpasswd(resolving);
  checkEmails(resolving);
  checkLogo(resolving);
}

/** A file's text, or undefined with an error added; also undefined when the option is not set. */
function read(
  resolving: Resolving,
  option: OptionName<"string">,
  trouble: (why: string) => string,
): string | undefined {
  const { settings, problems, readFile } = resolving;
  const path = settings.text(option);
  if (path === "") return undefined;
  try {
    return readFile(path);
  } catch (error) {
    const message = trouble(fileTrouble(path, error));
    problems.push(errorAt(settings.place(option), message, "Check its name and its mode."));
    return undefined;
  }
}

const HTPASSWD = "could not validate htpasswd: could not load htpasswd file";
const USABLE_HASH = /^(?:\{SHA\}..|\$2[abxy]\$..)/;
const HTPASSWD_REMEDY = "Make entries with htpasswd -B.";

/** As the original: a line of another shape spoils the file; an unusable hash does when it is the last, or all are. */
function checkHtpasswd(resolving: Resolving): void {
  const { settings, problems } = resolving;
  const text = read(resolving, "htpasswd-file", (why) => `${HTPASSWD}: could not open htpasswd file: ${why}`);
  if (text === undefined) return;
  const place = settings.place("htpasswd-file");
  const entries = readEntries(text);
  const ragged = entries.find(({ fields }) => fields.length !== 2);
  const unusable = entries.filter(({ fields }) => !USABLE_HASH.test(fields[1] ?? ""));
  if (ragged !== undefined) {
    const message = `${HTPASSWD}: could not read htpasswd file: record on line ${ragged.line}: wrong number of fields`;
    problems.push(errorAt(place, message, "Write user:hash on each line."));
  } else if (unusable.length === entries.length) {
    const message = `${HTPASSWD}: htpasswd entries error: htpasswd file doesn't contain a single valid user entry`;
    problems.push(errorAt(place, `${message}: invalid password, must be a SHA or bcrypt entry`, HTPASSWD_REMEDY));
  } else if (unusable.length > 0) {
    const isFatal = unusable.at(-1) === entries.at(-1);
    const lines = unusable.map(({ line }) => line).join(", ");
    const message = `${HTPASSWD}: htpasswd entries error: line ${lines}: invalid password, must be a SHA or bcrypt entry`;
    problems.push((isFatal ? errorAt : warningAt)(place, message, HTPASSWD_REMEDY));
  }
}

interface Entry {
  /** 1-based. */
  readonly line: number;
  readonly fields: readonly string[];
}

function readEntries(text: string): readonly Entry[] {
  return text
    .split(/\r?\n/)
    .map((line, index) => ({ line: index + 1, text: line.trimStart() }))
    .filter((entry) => entry.text !== "" && !entry.text.startsWith("#"))
    .map((entry) => ({ line: entry.line, fields: entry.text.split(":") }));
}

function checkEmails(resolving: Resolving): void {
  const path = resolving.settings.text("authenticated-emails-file");
  read(resolving, "authenticated-emails-file", (why) => `failed opening authenticated-emails-file="${path}", ${why}`);
}

/** An address, `-`, or a picture of a known kind. */
function checkLogo(resolving: Resolving): void {
  const { settings, problems } = resolving;
  const logo = settings.text("custom-sign-in-logo");
  if (logo === "-" || logo.startsWith("https://")) return;
  const text = read(resolving, "custom-sign-in-logo", (why) => `error loading logo: could not read logo file: ${why}`);
  if (text === undefined) return;
  const extension = /\.[^./]*$/.exec(logo)?.[0] ?? "";
  if ([".svg", ".jpg", ".jpeg", ".png"].includes(extension.toLowerCase())) return;
  const message = `error loading logo: unknown extension: "${extension}", supported extensions are .svg, .jpg, .jpeg and .png`;
  problems.push(errorAt(settings.place("custom-sign-in-logo"), message, "Give a picture of one of these kinds."));
}
