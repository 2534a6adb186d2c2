import type { LocalUser } from "../connector-configuration.ts";
import type { Problem } from "../problem.ts";
import { decodeBase64 } from "./base64.ts";
import { type ConfigObject, type Place, flagAt, listAt, objectsAt, placeAt, textAt } from "./config-object.ts";
import { errorAt, warningAt } from "./dex-problem.ts";
import type { Resolving } from "./resolve.ts";

/** The static passwords. Of two with one address (in any case) the last holds, as in the original, with a warning. */
export function resolvePasswords(resolving: Resolving): readonly LocalUser[] {
  const users = new Map<string, LocalUser>();
  for (const object of objectsAt(resolving.root, "staticPasswords")) {
    const user = resolvePassword(resolving, object);
    const email = user.email.toLowerCase();
    if (email === "") {
      resolving.problems.push(warningAt(object.place, "without email nobody can sign in.", "Give it an address."));
    } else if (users.has(email)) {
      resolving.problems.push(
        warningAt(object.place, `a second password of ${email} replaces the first.`, "Remove one."),
      );
    }
    if (email !== "") users.set(email, user);
  }
  return [...users.values()];
}

function resolvePassword(resolving: Resolving, object: ConfigObject): LocalUser {
  const email = textAt(object, "email");
  const userId = textAt(object, "userID");
  if (userId === "" && email !== "") {
    const message = "without userID the address identifies the user.";
    resolving.problems.push(warningAt(object.place, message, "Give it an id, so that the address may change."));
  }
  return {
    email,
    passwordHash: resolveHash(resolving, object),
    userId: userId || email.toLowerCase(),
    name: textAt(object, "name") || textAt(object, "username"),
    preferredUsername: textAt(object, "preferredUsername"),
    emailVerified: flagAt(object, "emailVerified") ?? true,
    groups: listAt(object, "groups"),
  };
}

const REMEDY = "Make one with: gatehouse hash-password";

/** The literal hash wins over the variable, and a line break at its end is passed over, as in the original. */
function resolveHash({ env, problems }: Resolving, object: ConfigObject): string {
  const literal = textAt(object, "hash");
  const variable = textAt(object, "hashFromEnv");
  const text = (literal || (Object.hasOwn(env, variable) ? (env[variable] ?? "") : "")).trimEnd();
  const place = placeAt(object, literal === "" && variable !== "" ? "hashFromEnv" : "hash");
  if (text === "") {
    problems.push(errorAt(place, "no password hash provided", REMEDY));
    return "";
  }
  const hash = isBcrypt(text) ? text : decodeBase64(text)?.trimEnd();
  if (hash !== undefined && isBcrypt(hash)) {
    warnAboutCost(problems, place, Number(hash.slice(4, 6)));
    return hash;
  }
  problems.push(errorAt(place, `malformed bcrypt hash: ${whatIsWrong(text)}`, REMEDY));
  return "";
}

/** The original refuses the password at each login when its hash is cheaper or dearer. */
function warnAboutCost(problems: Problem[], place: Place, cost: number): void {
  const consequence = cost > 16 ? "nobody can sign in with it" : "whoever gets hold of it guesses the password fast";
  if (cost < 10 || cost > 16) {
    problems.push(warningAt(place, `a bcrypt hash of cost ${cost}: ${consequence}.`, "Make one of cost 10 to 16."));
  }
}

const isBcrypt = (text: string): boolean => /^\$2[aby]\$(?:0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/.test(text);

function whatIsWrong(text: string): string {
  const what = text.length < 59 ? "hashedSecret too short to be a bcrypted password" : "it is not a bcrypt hash";
  return `crypto/bcrypt: ${what}`;
}
