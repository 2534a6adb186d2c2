import { describe, expect, test } from "bun:test";
import { createKeyRing } from "./seal.ts";

const key = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (value: Uint8Array | undefined): string | undefined => value && new TextDecoder().decode(value);

describe("a key ring", () => {
  test("opens what it sealed, in the same context only", () => {
    const ring = createKeyRing([key(1)]);
    const sealed = ring.seal(bytes("grüße"), "login:1");
    expect(sealed).toMatch(/^[\w-]{8}\.[\w-]+$/);
    expect(text(ring.open(sealed, "login:1"))).toBe("grüße");
    expect(ring.open(sealed, "login:2")).toBeUndefined();
    expect(ring.open(sealed, "")).toBeUndefined();
  });

  test("seals the empty value and never the same way twice", () => {
    const ring = createKeyRing([key(1)]);
    const sealed = ring.seal(new Uint8Array(), "c");
    expect(ring.open(sealed, "c")).toHaveLength(0);
    expect(ring.seal(new Uint8Array(), "c")).not.toBe(sealed);
  });

  test("opens with every key and seals with the first", () => {
    const old = createKeyRing([key(1)]);
    const rotated = createKeyRing([key(2), key(1)]);
    expect(text(rotated.open(old.seal(bytes("x"), "c"), "c"))).toBe("x");
    expect(old.open(rotated.seal(bytes("x"), "c"), "c")).toBeUndefined();
    expect(text(createKeyRing([key(2)]).open(rotated.seal(bytes("x"), "c"), "c"))).toBe("x");
  });

  test("opens nothing that was changed anywhere", () => {
    const ring = createKeyRing([key(1)]);
    const sealed = ring.seal(bytes("value"), "c");
    for (let index = 0; index < sealed.length; index++) {
      const changed = sealed.slice(0, index) + (sealed[index] === "A" ? "B" : "A") + sealed.slice(index + 1);
      expect(ring.open(changed, "c")).toBeUndefined();
      expect(ring.open(sealed.slice(0, index), "c")).toBeUndefined();
    }
  });

  test.each([
    ["empty", ""],
    ["no key id", ".AAAA"],
    ["only a dot", "."],
    ["no dot", "AAAAAAAA"],
    ["another alphabet", "AAAAAAAA.+/+/"],
    ["a NUL", "\0.\0"],
  ])("opens nothing foreign: %s", (_name, sealed) => {
    expect(createKeyRing([key(1)]).open(sealed, "c")).toBeUndefined();
  });

  test("does not open a second spelling of a sealed value", () => {
    const ring = createKeyRing([key(1)]);
    const sealed = ring.seal(bytes("value"), "c");
    for (const spelling of [`${sealed}=`, `${sealed} `, `${sealed}\n`, sealed.replace(".", "..")]) {
      expect(ring.open(spelling, "c")).toBeUndefined();
    }
  });

  test("refuses keys of the wrong length and an empty ring", () => {
    expect(() => createKeyRing([])).toThrow(RangeError);
    expect(() => createKeyRing([new Uint8Array(16)])).toThrow("32 bytes long, not 16");
  });
});
