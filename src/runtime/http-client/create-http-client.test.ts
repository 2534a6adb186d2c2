import { afterEach, describe, expect, test } from "bun:test";
import { createServer as createPlainServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { join } from "node:path";

import { temporaryFolder } from "../../../test/support/gatehouse.ts";
import { selfSigned } from "../../../test/support/self-signed.ts";
import type { IncomingResponse, OutgoingRequest } from "../../http/exchange.ts";
import { createHttpClient, type HttpClient } from "./create-http-client.ts";

const certificate = selfSigned("upstream", ["localhost", "upstream.example"]);
const stranger = selfSigned("stranger");

const endings: (() => void)[] = [];
afterEach(() => {
  for (const end of endings.splice(0)) end();
});

/** Answers what was asked, and by which of its connections. */
const echo: RequestListener = (request, response) => {
  let body = "";
  request.on("data", (data) => (body += String(data)));
  request.on("end", () => {
    const { method, url, headers } = request;
    response.setHeader("x-seen", [`${method} ${url}`, headers.host, headers.connection, body].join("|"));
    response.setHeader("x-port", String(request.socket.remotePort ?? ""));
    response.end("answer");
  });
};

async function listen(server: Server, at: { readonly path: string } | { readonly port: number }): Promise<number> {
  await new Promise<void>((resolve) => server.listen("path" in at ? at : { ...at, host: "127.0.0.1" }, resolve));
  endings.push(() => server.close());
  const address = server.address();
  return address === null || typeof address === "string" ? 0 : address.port;
}

function startClient(): HttpClient {
  const client = createHttpClient();
  endings.push(() => client.close());
  return client;
}

function get(origin: string, more: Partial<OutgoingRequest> = {}): OutgoingRequest {
  const client = { signal: new AbortController().signal };
  return {
    origin,
    method: "GET",
    target: "/a?b",
    headers: [["Host", "app.example"]],
    timeoutSeconds: 5,
    client,
    ...more,
  };
}

function header(response: IncomingResponse, name: string): string | undefined {
  return response.headers.find(([found]) => found === name)?.[1];
}

describe("an https upstream", () => {
  const start = async (): Promise<number> =>
    listen(createTlsServer({ cert: certificate.certificate, key: certificate.key }, echo), { port: 0 });

  test("with a certificate nobody vouches for is refused, and the error says why", async () => {
    const origin = `https://localhost:${await start()}`;
    await expect(startClient().exchange(get(origin))).rejects.toMatchObject({
      code: "unreachable",
      message: `${origin} cannot be connected to: self signed certificate`,
    });
  });

  test("is answered by when its authority is believed, whatever the Host header says", async () => {
    const origin = `https://localhost:${await start()}`;
    const response = await startClient().exchange(get(origin, { authorities: [certificate.certificate] }));
    expect([response.status, header(response, "x-seen")]).toEqual([200, "GET /a?b|app.example||"]);
    expect(response.body).toEqual(new Uint8Array(Buffer.from("answer")));
  });

  test("is verified by its address as well", async () => {
    const origin = `https://127.0.0.1:${await start()}`;
    const response = await startClient().exchange(get(origin, { authorities: [certificate.certificate] }));
    expect(response.status).toBe(200);
  });

  test("is refused when another authority is believed", async () => {
    const origin = `https://localhost:${await start()}`;
    const exchange = startClient().exchange(get(origin, { authorities: [stranger.certificate] }));
    await expect(exchange).rejects.toMatchObject({ code: "unreachable" });
  });

  test("is refused when its certificate is for another name", async () => {
    const other = selfSigned("other", ["other.example"]);
    const port = await listen(createTlsServer({ cert: other.certificate, key: other.key }, echo), { port: 0 });
    const exchange = startClient().exchange(get(`https://localhost:${port}`, { authorities: [other.certificate] }));
    await expect(exchange).rejects.toMatchObject({ code: "unreachable", message: expect.stringContaining("altnames") });
  });

  test("is answered by without verification, and its connections are not lent to who verifies", async () => {
    const origin = `https://localhost:${await start()}`;
    const client = startClient();
    expect((await client.exchange(get(origin, { insecureSkipTlsVerify: true }))).status).toBe(200);
    await expect(client.exchange(get(origin))).rejects.toMatchObject({ code: "unreachable" });
  });

  test("takes a body of a megabyte and is spoken to over the same connection again", async () => {
    const server = createTlsServer({ cert: certificate.certificate, key: certificate.key }, (request, response) => {
      let bytes = 0;
      request.on("data", (data: Uint8Array) => (bytes += data.length));
      request.on("end", () => response.end(`${bytes} on ${request.socket.remotePort ?? ""}`));
    });
    const origin = `https://localhost:${await listen(server, { port: 0 })}`;
    const client = startClient();
    const answers: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      const body = new Blob([new Uint8Array(1_048_576)]).stream();
      const trust = { authorities: [certificate.certificate] };
      const response = await client.exchange(get(origin, { ...trust, method: "POST", body, bodyLength: 1_048_576 }));
      answers.push(Buffer.from(response.body instanceof Uint8Array ? response.body : []).toString());
    }
    expect(answers[0]).toStartWith("1048576 on ");
    expect(answers[1]).toBe(answers[0] ?? "");
  });
});

describe("an upstream on a unix socket", () => {
  test("is asked with the Host it is given", async () => {
    const folder = temporaryFolder();
    endings.push(() => folder.remove());
    const socketPath = join(folder.path, "app.sock");
    await listen(createPlainServer(echo), { path: socketPath });
    const response = await startClient().exchange(get("http://localhost", { socketPath }));
    expect([response.status, header(response, "x-seen")]).toEqual([200, "GET /a?b|app.example||"]);
  });

  test("that is not there is named", async () => {
    const exchange = startClient().exchange(get("http://localhost", { socketPath: "/nowhere/app.sock" }));
    await expect(exchange).rejects.toMatchObject({
      code: "unreachable",
      message: "/nowhere/app.sock cannot be connected to",
    });
  });

  test("is another upstream than that of another path", async () => {
    const folder = temporaryFolder();
    endings.push(() => folder.remove());
    const client = startClient();
    const seen: (string | undefined)[] = [];
    for (const name of ["one", "two"]) {
      const socketPath = join(folder.path, name);
      await listen(
        createPlainServer((_request, response) => response.setHeader("x-name", name).end()),
        { path: socketPath },
      );
      seen.push(header(await client.exchange(get("http://localhost", { socketPath })), "x-name"));
    }
    expect(seen).toEqual(["one", "two"]);
  });
});

describe("connections", () => {
  const ports = async (more: Partial<OutgoingRequest>): Promise<readonly (string | undefined)[]> => {
    const origin = `http://127.0.0.1:${await listen(createPlainServer(echo), { port: 0 })}`;
    const client = startClient();
    const first = await client.exchange(get(origin, more));
    const second = await client.exchange(get(origin, more));
    return [header(first, "x-port"), header(second, "x-port"), header(second, "x-seen")];
  };

  test("are used again", async () => {
    const [first, second] = await ports({});
    expect(second).toBe(first ?? "");
  });

  test("are used once when that is asked for, and the upstream is told", async () => {
    const [first, second, seen] = await ports({ disableKeepAlives: true });
    expect(second).not.toBe(first ?? "");
    expect(seen).toBe("GET /a?b|app.example|close|");
  });
});
