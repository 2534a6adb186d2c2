import { afterAll, beforeAll, expect, test } from "bun:test";

import { Browser } from "../support/browser.ts";
import { dropInFlags, startDropIn } from "../support/drop-in.ts";
import { type FakeProvider, startFakeProvider } from "../support/fake-provider.ts";
import { until } from "../support/until.ts";

let provider: FakeProvider;
beforeAll(async () => {
  provider = await startFakeProvider();
});
afterAll(() => provider.stop());

/** An application that takes a moment for each answer, and sends it in two pieces. */
function startSlowApplication(): { readonly url: string; readonly arrived: () => number; stop(): Promise<void> } {
  let arrived = 0;
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch() {
      arrived += 1;
      await Bun.sleep(200);
      return new Response(
        new ReadableStream({
          async start(controller) {
            controller.enqueue("first ");
            await Bun.sleep(200);
            controller.enqueue("last");
            controller.close();
          },
        }),
      );
    },
  });
  return { url: server.url.origin, arrived: () => arrived, stop: () => server.stop(true) };
}

test("at SIGTERM under load everything that reached the application is answered in full, then the process ends with 0", async () => {
  const application = startSlowApplication();
  const gate = await startDropIn([...dropInFlags(provider), `--upstream=${application.url}`]);
  const browser = new Browser();
  await browser.open(`${gate.url}/oauth2/start?rd=/`);
  const cookie = browser.cookieHeader(new URL(gate.url));
  const state = { isOver: false };
  const answers: string[] = [];
  const worker = async (): Promise<void> => {
    while (!state.isOver) {
      // Refused once nobody listens any more.
      const answer = await fetch(`${gate.url}/x`, { headers: { cookie } }).then(
        async (response) => `${response.status} ${await response.text()}`,
        () => undefined,
      );
      if (answer === undefined) return;
      answers.push(answer);
    }
  };
  const before = application.arrived();
  const workers = Promise.all(Array.from({ length: 30 }, worker));
  await until("the load", () => answers.length > 60);
  const status = gate.stop();
  expect(await status).toBe(0);
  state.isOver = true;
  await workers;
  expect(new Set(answers)).toEqual(new Set(["200 first last"]));
  expect(answers.length).toBe(application.arrived() - before);
  await application.stop();
});
