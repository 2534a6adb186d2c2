import { expect, test } from "bun:test";
import { isIpRange } from "./ip-range.ts";

const rows: readonly [string, boolean][] = [
  ["10.0.0.0/8", true],
  ["10.1.2.3", true],
  ["10.1.2.3/32", true],
  ["0.0.0.0/0", true],
  ["::/0", true],
  ["::1", true],
  ["fe80::/10", true],
  ["2001:db8::/32", true],
  ["2001:db8:0:0:1::/80", true],
  ["::ffff:10.0.0.0/104", true],
  ["10.1.2.3/8", false],
  ["2001:db8::1/32", false],
  ["10.0.0.0/33", false],
  ["::/129", false],
  ["10.0.0.0/", false],
  ["10.0.0.0/8/8", false],
  ["10.0.0.0/-1", false],
  ["fe80::1%eth0", false],
  ["300.1.1.1", false],
  ["nope", false],
  ["", false],
];
test.each(rows)("%p is an IP address or network: %p", (text, expected) => {
  expect(isIpRange(text)).toBe(expected);
});
