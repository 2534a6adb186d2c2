import { expect, test } from "bun:test";

import { safeHref } from "./safe-href.ts";

test.each(["https://a.test/x", "http://a.test", "/oauth2/start?rd=%2F", "", "?a=1", "page"])(
  "lets %p through",
  (href) => {
    expect(safeHref(href)).toBe(href);
  },
);

test.each([
  "javascript:alert(1)",
  "JavaScript:alert(1)",
  " javascript:alert(1)",
  "java\tscript:alert(1)",
  "java\nscript:alert(1)",
  "data:text/html,<script>",
  "vbscript:x",
  "blob:https://a.test/1",
  "file:///etc/passwd",
  "https://[",
])("refuses %p", (href) => {
  expect(safeHref(href)).toBeUndefined();
});
