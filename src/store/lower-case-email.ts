import type { Password } from "../provider/storage-model.ts";

/** A password as it is kept: under its e-mail address in lower case, so that nobody has two passwords by spelling. */
export function lowerCaseEmail(password: Password): Password {
  const email = password.email.toLowerCase();
  return email === password.email ? password : { ...password, email };
}
