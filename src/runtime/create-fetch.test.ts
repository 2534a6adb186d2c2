import { afterEach, expect, test } from "bun:test";
import { createServer } from "node:https";

import { selfSigned } from "../../test/support/self-signed.ts";
import { createFetch, type Trust } from "./create-fetch.ts";

const certificate = selfSigned("idp");
const stranger = selfSigned("stranger");

const endings: (() => void)[] = [];
afterEach(() => {
  for (const end of endings.splice(0)) end();
});

/** An identity provider with a certificate of its own. `/slow` never ends. */
async function startProvider(): Promise<string> {
  const server = createServer({ cert: certificate.certificate, key: certificate.key }, (request, response) => {
    if (request.url === "/slow") response.write("and then");
    else response.end(`answer to ${request.method ?? ""}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
  endings.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return `https://localhost:${address.port}`;
}

const trust = (more: Partial<Trust>): Trust => ({
  authorities: [],
  useSystemTrustStore: false,
  insecureSkipVerify: false,
  ...more,
});

test.each([
  ["nobody's own authority", undefined],
  ["the system's authorities only", trust({ useSystemTrustStore: true })],
  ["another authority", trust({ authorities: [stranger.certificate] })],
])("a certificate of its own is refused with %s", async (_name, given) => {
  const url = await startProvider();
  const asked = createFetch(given)(url);
  await expect(asked).rejects.toMatchObject({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
});

test.each([
  ["its authority", trust({ authorities: [certificate.certificate] })],
  ["its authority besides another", trust({ authorities: [stranger.certificate, certificate.certificate] })],
  ["its authority besides the system's", trust({ authorities: [certificate.certificate], useSystemTrustStore: true })],
  ["no verification", trust({ insecureSkipVerify: true })],
])("it is believed with %s", async (_name, given) => {
  const response = await createFetch(given)(await startProvider(), { method: "POST", body: "x" });
  expect(await response.text()).toBe("answer to POST");
});

test("one that is believed is still for its own name only", async () => {
  const url = (await startProvider()).replace("localhost", "127.0.0.2");
  const asked = createFetch(trust({ authorities: [certificate.certificate] }))(url);
  await expect(asked).rejects.toBeInstanceOf(Error);
});

test("an answer that does not end is given up, in its body too", async () => {
  const response = await createFetch(trust({ insecureSkipVerify: true }), 0.2)(`${await startProvider()}/slow`);
  await expect(response.text()).rejects.toMatchObject({ name: "TimeoutError" });
});

test("the caller may give up before", async () => {
  const asked = createFetch(trust({ insecureSkipVerify: true }))(`${await startProvider()}/slow`, {
    signal: AbortSignal.abort(new Error("changed my mind")),
  });
  await expect(asked).rejects.toThrow("changed my mind");
});
