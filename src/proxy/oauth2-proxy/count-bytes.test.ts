import { expect, test } from "bun:test";

import { countBytes } from "./count-bytes.ts";

const streamOf = (...chunks: readonly string[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
      controller.close();
    },
  });

test("a body is counted when it has been read to its end, and passes unchanged", async () => {
  const counts: number[] = [];
  const response = countBytes(
    new Response(streamOf("one", "three"), { status: 206, headers: { "X-A": "b" } }),
    (bytes) => counts.push(bytes),
  );
  expect(counts).toEqual([]);
  expect([response.status, response.headers.get("x-a"), await response.text()]).toEqual([206, "b", "onethree"]);
  expect(counts).toEqual([8]);
});

test("whoever goes away in the middle is told of with what was sent", async () => {
  const counts: number[] = [];
  const response = countBytes(new Response(streamOf("one", "three")), (bytes) => counts.push(bytes));
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  expect(counts).toEqual([3]);
});

test("an answer without a body is told of at once and stays the same object", () => {
  const counts: number[] = [];
  const response = new Response(null, { status: 204 });
  expect(countBytes(response, (bytes) => counts.push(bytes))).toBe(response);
  expect(counts).toEqual([0]);
});
