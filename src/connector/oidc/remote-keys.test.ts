import { describe, expect, test } from "bun:test";
import { exportJWK, generateKeyPair } from "jose";
import { RemoteKeys } from "./remote-keys.ts";

const URI = "https://id.corp.example/keys";
const { publicKey } = await generateKeyPair("ES256", { extractable: true });
const JWK = { ...(await exportJWK(publicKey)), kid: "a" };
const good = (): Promise<Response> => Promise.resolve(Response.json({ keys: [JWK, "odd", null] }));
const down = (): Promise<Response> => Promise.reject(new Error("connection refused"));

function make() {
  const upstream = { answer: good, asked: 0 };
  let now = 1000;
  const keys = new RemoteKeys({
    clock: () => now,
    fetch: () => {
      upstream.asked += 1;
      return upstream.answer();
    },
  });
  return { keys, upstream, advance: (seconds: number) => void (now += seconds) };
}

const failure = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);

describe("remote keys", () => {
  test("are fetched once, and anew after ten minutes", async () => {
    const { keys, upstream, advance } = make();
    await Promise.all([keys.current(URI), keys.current(URI)]);
    advance(599);
    await keys.current(URI);
    expect(upstream.asked).toBe(1);
    advance(2);
    await keys.current(URI);
    expect(upstream.asked).toBe(2);
  });

  test("are renewed for an unknown key, at most three times in thirty seconds", async () => {
    const { keys, upstream, advance } = make();
    await keys.current(URI);
    const [one, two] = await Promise.all([keys.renewed(URI), keys.renewed(URI)]);
    expect(one).toBeDefined();
    expect(two).toBe(one);
    expect(upstream.asked).toBe(2);
    await keys.renewed(URI);
    await keys.renewed(URI);
    expect(await keys.renewed(URI)).toBeUndefined();
    expect(upstream.asked).toBe(4);
    advance(31);
    expect(await keys.renewed(URI)).toBeDefined();
    expect(upstream.asked).toBe(5);
  });

  test("of two issuers are not taken for one another, also at the same time", async () => {
    const { keys, upstream } = make();
    const [one, other] = await Promise.all([keys.current(URI), keys.current(`${URI}/other`)]);
    expect(other).not.toBe(one);
    expect(upstream.asked).toBe(2);
  });

  test("stay as they were when they cannot be fetched anew", async () => {
    const { keys, upstream, advance } = make();
    const first = await keys.current(URI);
    upstream.answer = down;
    advance(601);
    expect(await keys.current(URI)).toBe(first);
    expect(await keys.current(URI)).toBe(first);
    expect(upstream.asked).toBe(2);
    upstream.answer = good;
    advance(11);
    expect(await keys.current(URI)).not.toBe(first);
  });

  test("that were never there are asked for every time", async () => {
    const { keys, upstream } = make();
    upstream.answer = down;
    expect(await failure(keys.current(URI))).toMatchObject({ reason: "unreachable" });
    upstream.answer = good;
    expect(await keys.current(URI)).toBeFunction();
  });

  test("of another address are fetched from there", async () => {
    const { keys, upstream } = make();
    await keys.current(URI);
    await keys.current(`${URI}/2`);
    expect(upstream.asked).toBe(2);
  });

  test.each([
    ["a page", new Response("<html>")],
    ["a list", Response.json([])],
    ["no keys", Response.json({})],
    ["not found", new Response('{"keys":[]}', { status: 404 })],
  ])("are not read from %s", async (_name, answer) => {
    const { keys, upstream } = make();
    upstream.answer = () => Promise.resolve(answer);
    expect(await failure(keys.current(URI))).toMatchObject({ reason: "unreachable" });
  });
});
