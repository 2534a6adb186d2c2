import { describe, expect, test } from "bun:test";

import { decodeLz4Frame, encodeLz4Frame } from "./lz4-frame.ts";
import { xxh32 } from "./xxh32.ts";

const HELLO = "hello hello hello hello hello";
/** Made by the reference implementation's command: content size, block checksums, content checksum. */
const HELLO_FRAME = "04224d187c401d000000000000008e0f0000006e68656c6c6f2006005068656c6c6f98f6dc6d0000000079b1fff9";
/** 70,000 letters `a`, the second block linked to the first. */
const LINKED_FRAME = `BCJNGERAXgsBAAAfYQEA${"/".repeat(341)}+dQYWFhYWEbAAAADwQA${"/".repeat(22)}9pUGFhYWFhAAAAAD1lgRc=`;

describe("frames of the reference implementation", () => {
  test("with every checksum and the size", () => {
    expect(text(decodeLz4Frame(fromHex(HELLO_FRAME)))).toBe(HELLO);
  });

  test("with linked blocks", () => {
    const decoded = decodeLz4Frame(Buffer.from(LINKED_FRAME, "base64"));
    expect(text(decoded)).toBe("a".repeat(70_000));
  });
});

describe("what is refused", () => {
  test("every cut and every changed byte of a frame that has all checksums", () => {
    const frame = fromHex(HELLO_FRAME);
    for (let at = 0; at < frame.length; at += 1) {
      expect(decodeLz4Frame(frame.subarray(0, at))).toBeUndefined();
      for (const change of [1, 16, 128, 255]) {
        const changed = frame.slice();
        changed[at] = (frame[at] ?? 0) ^ change;
        expect(decodeLz4Frame(changed)).toBeUndefined();
      }
    }
  });

  test("something after the frame", () => {
    expect(decodeLz4Frame(fromHex(`${HELLO_FRAME}00`))).toBeUndefined();
    expect(decodeLz4Frame(fromHex(HELLO_FRAME + HELLO_FRAME))).toBeUndefined();
  });

  test("more than 1 MiB, however small the frame", () => {
    expect(decodeLz4Frame(encodeLz4Frame(new Uint8Array(1024 * 1024)))?.length).toBe(1_048_576);
    const frame = encodeLz4Frame(new Uint8Array(1024 * 1024 + 1));
    expect(frame.length).toBeLessThan(5000);
    expect(decodeLz4Frame(frame)).toBeUndefined();
  });

  test("a match that reaches back before a block that stands alone", () => {
    const linked = Buffer.from(LINKED_FRAME, "base64");
    linked[4] = 0x64; // says: blocks are independent
    linked[6] = (xxh32(linked.subarray(4, 6)) >> 8) & 0xff;
    expect(decodeLz4Frame(linked)).toBeUndefined();
  });
});

test("what is written is read, at every size around a block and a match", () => {
  const sizes = [0, 1, 11, 12, 13, 17, 255, 256, 270, 271, 65_535, 65_536, 65_537, 131_073, 300_000];
  for (const size of sizes) {
    for (const period of [1, 3, 300, 70_000]) {
      const content = Uint8Array.from({ length: size }, (_, index) => Math.imul(index % period, 2654435761) >>> 24);
      expect(Buffer.compare(decodeLz4Frame(encodeLz4Frame(content)) ?? Buffer.of(1), content)).toBe(0);
    }
  }
});

test.each([
  ["", 0x02cc5d05],
  ["a", 0x550d7456],
  ["abc", 0x32d153ff],
  ["Nobody inspects the spammish repetition", 0xe2293b2f],
])("xxh32 of %p", (content, hash) => {
  expect(xxh32(Buffer.from(content))).toBe(hash);
});

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

function text(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString("latin1");
}
