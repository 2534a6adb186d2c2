import * as v from "valibot";

import { isDnsName } from "./host-pattern.ts";
import { described, say, section } from "./section.ts";
import { accepted, duration, matching } from "./values.ts";

const domain = accepted(
  (value) => isDnsName(value) && value.includes("."),
  "a domain of two or more labels",
  "example.com, in lower case, without a dot in front",
);
const cookieName = matching(/^[A-Za-z0-9_-]{1,64}$/, "a cookie name", "gatehouse_session");
const cacheSeconds = v.pipe(
  v.number(say("is not a number.", "Write seconds, 0 to 10.")),
  v.minValue(0, say("is below 0.", "Write seconds, 0 to 10.")),
  v.maxValue(
    10,
    say("is above 10.", "Write seconds, 0 to 10: an ended session must not live longer in another process."),
  ),
);

/** The session cookie. */
export const cookie = section("cookie", {
  domain: v.optional(
    described(domain, "Domain that all protected hosts belong to; without it the cookie is for the public host only."),
  ),
  name: v.optional(described(cookieName, "Name before its __Host- or __Secure- prefix."), "gatehouse_session"),
});

/** How long sessions live. */
export const session = section("session", {
  idle: v.optional(described(duration("1m", "365d"), "A session ends when it was not used for so long."), "8h"),
  lifetime: v.optional(described(duration("1m", "365d"), "A session ends so long after sign-in at the latest."), "7d"),
  cacheSeconds: v.optional(
    described(cacheSeconds, "How long a process may answer for a session without asking the store."),
    10,
  ),
});
