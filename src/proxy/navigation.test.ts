import { expect, test } from "bun:test";

import { isNavigation } from "./navigation.ts";

const HTML = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };
const ROWS: readonly [headers: Record<string, string>, method: string, expected: boolean][] = [
  [{ ...HTML, "sec-fetch-mode": "navigate" }, "GET", true],
  [HTML, "GET", true],
  [HTML, "HEAD", true],
  [{ accept: "TEXT/HTML" }, "GET", true],
  [{ "sec-fetch-mode": "navigate" }, "GET", true],
  [{ ...HTML, "upgrade-insecure-requests": "1" }, "GET", true],
  [HTML, "POST", false],
  [{ ...HTML, "sec-fetch-mode": "navigate" }, "POST", false],
  [{ ...HTML, "sec-fetch-mode": "cors" }, "GET", false],
  [{ ...HTML, "sec-fetch-mode": "no-cors" }, "GET", false],
  [{ ...HTML, "sec-fetch-mode": "websocket" }, "GET", false],
  [{ ...HTML, "x-requested-with": "XMLHttpRequest" }, "GET", false],
  [{ ...HTML, upgrade: "websocket" }, "GET", false],
  [{ ...HTML, "sec-websocket-key": "x" }, "GET", false],
  [{ accept: "application/json" }, "GET", false],
  [{ accept: "*/*" }, "GET", false],
  [{}, "GET", false],
];

test.each(ROWS)("%p %p: %p", (headers, method, expected) => {
  expect(isNavigation(new Headers(headers), method)).toBe(expected);
});
