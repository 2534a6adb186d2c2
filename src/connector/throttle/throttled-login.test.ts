import { expect, test } from "bun:test";
import { ThrottledError } from "../connector-error.ts";
import { createThrottle } from "./throttle.ts";
import { throttledLogin } from "./throttled-login.ts";

/** A directory takes each list for one name: it ignores what is not seen (RFC 4518 §2.2), and Active Directory accents too. */
const SPELLINGS: Readonly<Record<string, readonly string[]>> = {
  "spaces around what is not seen": [1, 2, 3, 4, 5, 6].map((count) => `Jane${" \u200b".repeat(count)} Doe`),
  "signs that select a variant": ["\ufe00", "\ufe01", "\ufe02", "\u034f", "\u180b", "\ufffc"].map((c) => `jane${c}`),
  accents: ["jane", "jané", "janè", "janê", "janë", "jāne"],
};

test.each(Object.entries(SPELLINGS))("%s give no more tries", async (_what, names) => {
  const throttle = createThrottle(() => 1000);
  const tryAs = (username: string): Promise<unknown> =>
    throttledLogin(throttle, { username, password: "wrong", clientAddress: "192.0.2.1" }, async () => undefined);
  for (const name of names.slice(0, 5)) expect(await tryAs(name)).toBeUndefined();
  await expect(tryAs(names[5] ?? "")).rejects.toBeInstanceOf(ThrottledError);
});
