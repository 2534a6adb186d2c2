import { expect, test } from "bun:test";

import { createOriginalCookieNames } from "./own-cookies.ts";

test.each([
  ["session", true],
  ["session_0", true],
  ["session_12", true],
  ["session_csrf", true],
  ["session_a1-_b_csrf", true],
  ["session_csrf_a1", false],
  ["session_id", false],
  ["sessionid", false],
  ["session_1x", false],
  ["session_csrftoken", false],
  ["my_session", false],
  ["Session", false],
  ["", false],
])("a cookie called %p is ours: %p", (name, expected) => {
  expect(createOriginalCookieNames("session")(name)).toBe(expected);
});
