import { expect, test } from "bun:test";
import { ConnectorError } from "../connector-error.ts";
import { createHashQueue } from "./hash-queue.ts";

test("runs at most four at a time, lets others wait, and refuses when too many do", async () => {
  const queue = createHashQueue({ inFlight: 4, waiting: 2, waitingOfOne: 2 });
  const finish: (() => void)[] = [];
  const run = (): Promise<boolean> => queue(() => new Promise((resolve) => finish.push(() => resolve(true))), "");
  const results = [run(), run(), run(), run(), run(), run()];
  expect(finish).toHaveLength(4);
  const refused: unknown = await run().catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(ConnectorError);
  expect(refused).toMatchObject({ reason: "unreachable", status: 503 });
  for (let index = 0; index < 6; index++) {
    finish[index]?.();
    await results[index];
  }
  expect(await Promise.all(results)).toEqual([true, true, true, true, true, true]);
});

test("a check that fails frees its place", async () => {
  const queue = createHashQueue({ inFlight: 1, waiting: 0, waitingOfOne: 0 });
  const failure: unknown = await queue(() => Promise.reject(new Error("no memory")), "").catch(
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({ message: "no memory" });
  expect(await queue(() => Promise.resolve(true), "")).toBe(true);
});

test("one address does not take all the places", async () => {
  const queue = createHashQueue({ inFlight: 1, waiting: 3, waitingOfOne: 1 });
  const finish: (() => void)[] = [];
  const run = (address: string): Promise<unknown> =>
    queue(() => new Promise((resolve) => finish.push(() => resolve(true))), address).catch(({ status }) => status);
  const results = ["192.0.2.1", "192.0.2.1", "192.0.2.1", "2001:db8::1", "2001:db8::2", "192.0.2.3"].map(run);
  for (let index = 0; index < 4; index++) {
    finish[index]?.();
    await results[[0, 1, 3, 5][index] ?? 0];
  }
  expect(await Promise.all(results)).toEqual([true, true, 503, true, 503, true]);
});
