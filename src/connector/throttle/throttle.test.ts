import { describe, expect, test } from "bun:test";
import { createThrottle, type Throttle } from "./throttle.ts";

function throttleAt(start: number, maxCounts?: number): { throttle: Throttle; wait: (seconds: number) => void } {
  let now = start;
  return { throttle: createThrottle(() => now, maxCounts), wait: (seconds) => void (now += seconds) };
}

/** Make `count` wrong tries, waiting as long as told before each, and say how long that was. */
function wrongTries(
  { throttle, wait }: ReturnType<typeof throttleAt>,
  count: number,
  address = "192.0.2.1",
): readonly number[] {
  return Array.from({ length: count }, () => {
    const delay = throttle.attempt("a@example.com", address);
    wait(delay);
    if (delay > 0) expect(throttle.attempt("a@example.com", address)).toBe(0);
    return delay;
  });
}

describe("the throttle", () => {
  test("lets five wrong tries pass, then doubles the wait up to five minutes", () => {
    const waits = wrongTries(throttleAt(1000), 17);
    expect(waits).toEqual([0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
  });

  test("counts tries that are made in parallel, before their outcome is known", () => {
    const { throttle } = throttleAt(1000);
    const waits = Array.from({ length: 8 }, () => throttle.attempt("a@example.com", "192.0.2.1"));
    expect(waits).toEqual([0, 0, 0, 0, 0, 1, 1, 1]);
  });

  test("a success starts anew", () => {
    const at = throttleAt(1000);
    wrongTries(at, 8);
    at.throttle.succeeded("a@example.com", "192.0.2.1");
    expect(wrongTries(at, 6)).toEqual([0, 0, 0, 0, 0, 1]);
  });

  test("a try that was never made is not counted", () => {
    const at = throttleAt(1000);
    for (let round = 0; round < 20; round++) {
      expect(at.throttle.attempt("a@example.com", "192.0.2.1")).toBe(0);
      at.throttle.withdraw("a@example.com", "192.0.2.1");
    }
  });

  test("other addresses and other accounts are not hindered", () => {
    const at = throttleAt(1000);
    wrongTries(at, 7);
    expect(at.throttle.attempt("a@example.com", "192.0.2.2")).toBe(0);
    expect(at.throttle.attempt("b@example.com", "192.0.2.1")).toBe(0);
  });

  test("addresses of one IPv6 network count as one", () => {
    const at = throttleAt(1000);
    for (const last of [1, 2, 3, 4, 5]) expect(at.throttle.attempt("a", `2001:db8::${last}`)).toBe(0);
    expect(at.throttle.attempt("a", "2001:0db8:0:0:ffff::6")).toBe(1);
    expect(at.throttle.attempt("a", "2001:db8:0:1::6")).toBe(0);
  });

  test("guessing from many addresses is slowed down too, but only a little", () => {
    const at = throttleAt(1000);
    for (let host = 0; host < 50; host++) expect(at.throttle.attempt("a", `192.0.2.${host}`)).toBe(0);
    const waits = Array.from({ length: 6 }, (_, host) => {
      const delay = at.throttle.attempt("a", `198.51.100.${host}`);
      at.wait(delay);
      at.throttle.attempt("a", `198.51.100.${host}`);
      return delay;
    });
    expect(waits).toEqual([1, 2, 4, 8, 10, 10]);
  });

  test("who signed in from an address before is not slowed down by guessing from others", () => {
    const at = throttleAt(1000);
    at.throttle.succeeded("a", "203.0.113.7");
    for (let host = 0; host < 60; host++) at.throttle.attempt("a", `192.0.2.${host}`);
    expect(at.throttle.attempt("a", "198.51.100.1")).toBe(1);
    expect(at.throttle.attempt("a", "203.0.113.7")).toBe(0);
  });

  test("forgets after half an hour", () => {
    const at = throttleAt(1000);
    wrongTries(at, 12);
    at.wait(1801);
    expect(wrongTries(at, 6)).toEqual([0, 0, 0, 0, 0, 1]);
  });

  test("a clock that is set back locks nobody out", () => {
    const at = throttleAt(100_000);
    wrongTries(at, 6);
    at.wait(-50_000);
    expect(at.throttle.attempt("a@example.com", "192.0.2.1")).toBe(2);
  });

  test("keeps a bounded number of counts and drops the oldest", () => {
    const { throttle } = throttleAt(1000, 3);
    for (let round = 0; round < 5; round++) throttle.attempt("a", "192.0.2.1");
    throttle.attempt("b", "192.0.2.1");
    throttle.attempt("c", "192.0.2.1");
    expect(throttle.attempt("a", "192.0.2.1")).toBe(1);
    throttle.attempt("d", "192.0.2.1");
    expect(throttle.attempt("a", "192.0.2.1")).toBe(0);
  });

  test("names that are made up without costing anything push nobody out", () => {
    const { throttle } = throttleAt(1000, 3);
    for (let round = 0; round < 5; round++) throttle.attempt("a", "192.0.2.1");
    for (let name = 0; name < 50; name++) {
      throttle.attempt(`made-up-${name}`, "192.0.2.1");
      throttle.withdraw(`made-up-${name}`, "192.0.2.1");
    }
    expect(throttle.attempt("a", "192.0.2.1")).toBe(1);
  });
});
