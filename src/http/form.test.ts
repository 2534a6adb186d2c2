import { describe, expect, test } from "bun:test";

import { readForm } from "./form.ts";

const headers = { "content-type": "application/x-www-form-urlencoded" };

function formOf(body: ReadableStream<Uint8Array> | string): Request {
  return new Request("http://host/", { method: "POST", headers, body });
}

describe("a form", () => {
  test("is read", async () => {
    expect([...(await readForm(formOf("a=1&b=%2F")))]).toEqual([
      ["a", "1"],
      ["b", "/"],
    ]);
  });

  test("that never ends is given up", async () => {
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode("a=1")),
      cancel: () => {
        cancelled = true;
      },
    });
    await expect(readForm(formOf(endless), 0.05)).rejects.toMatchObject({ status: 408, code: "form_too_slow" });
    expect(cancelled).toBe(true);
  });

  test("that is too large is not read to its end", async () => {
    let pulls = 0;
    const huge = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        pulls += 1;
        controller.enqueue(new Uint8Array(32 * 1024).fill(0x61));
      },
    });
    await expect(readForm(formOf(huge))).rejects.toMatchObject({ status: 413 });
    expect(pulls).toBeLessThan(10);
  });
});
