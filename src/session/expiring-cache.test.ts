import { describe, expect, test } from "bun:test";

import { createExpiringCache } from "./expiring-cache.ts";

describe("a memory of what was found out a moment ago", () => {
  test("forgets an entry at its time, and when it is told to", () => {
    const cache = createExpiringCache<string>();
    cache.put("a", "first", 110, 100);
    cache.put("b", "second", 120, 100);
    cache.delete("b");
    expect([cache.get("a", 109.9), cache.get("a", 110), cache.get("b", 100)]).toEqual(["first", undefined, undefined]);
  });

  test("keeps an entry until its time, however many shorter ones come and go", () => {
    const cache = createExpiringCache<number>();
    cache.put("long", 0, 1000, 0);
    for (let now = 0; now < 999; now += 1) {
      cache.put(`short ${now}`, now, now + 1, now);
      expect(cache.get("long", now)).toBe(0);
    }
  });

  test("answers with the newest of a key, which may be deleted in whatever generation it is", () => {
    const cache = createExpiringCache<number>(4);
    for (const [key, value] of [
      ["a", 1],
      ["b", 1],
      ["a", 2],
    ] as const) {
      cache.put(key, value, 100, 0);
    }
    expect(cache.get("a", 0)).toBe(2);
    cache.delete("a");
    expect(cache.get("a", 0)).toBeUndefined();
  });

  test("never has more than so many, and always the newest half", () => {
    const cache = createExpiringCache<number>(100);
    for (let entry = 0; entry < 1000; entry += 1) {
      cache.put(String(entry), entry, 1e9, 0);
      const kept = Array.from({ length: entry + 1 }, (_, key) => cache.get(String(key), 0)).filter(
        (value) => value !== undefined,
      );
      expect(kept.length).toBeLessThanOrEqual(100);
      expect(kept).toEqual(Array.from(kept, (_, index) => entry + 1 - kept.length + index));
      expect(kept.length).toBeGreaterThanOrEqual(Math.min(entry + 1, 50));
    }
  });
});
