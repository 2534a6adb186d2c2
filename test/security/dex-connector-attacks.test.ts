import { afterEach, expect, test } from "bun:test";

import { ConnectorError } from "../../src/connector/connector-error.ts";
import type { Login } from "../../src/protocol/identity.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import {
  CALLBACK,
  CLIENT,
  codeFrom,
  movableClock,
  redirectConnector,
  startProvider,
} from "../support/provider-server.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
});

/** An upstream that takes a refresh token which comes a second time for stolen (RFC 9700 §4.14.2). The one of a login is for ever. */
function rotatingUpstream(): (login: Login) => Promise<Login> {
  const spent = new Set<string>();
  return async (login) => {
    const token = Buffer.from(login.connectorData ?? []).toString();
    if (spent.has(token)) throw new ConnectorError("revoked", "This token was used before.");
    if (token !== "foobar") spent.add(token);
    await new Promise((resolve) => setTimeout(resolve, 20));
    return { ...login, connectorData: Buffer.from(crypto.randomUUID()) };
  };
}

test("two clients of one person renew at two replicas at once: no upstream token is used twice, nobody is signed out", async () => {
  const store = createMemoryStore();
  const clock = movableClock();
  const connector = redirectConnector(rotatingUpstream());
  const [left, right] = [0, 1].map(() => {
    const server = startProvider({ store, connector, clock: clock.now, clients: [{ ...CLIENT, id: "other" }] });
    cleanups.push(server.stop);
    return server.issuer;
  });
  if (left === undefined || right === undefined) throw new Error("two were started");
  const tokenOf = async (issuer: string, client: string, form: Readonly<Record<string, string>>): Promise<string> => {
    const headers = { authorization: `Basic ${btoa(`${client}:app-secret`)}` };
    const answer = await fetch(`${issuer}/token`, { method: "POST", headers, body: new URLSearchParams(form) });
    const body: unknown = await answer.json();
    expect({ status: answer.status, error: Object(body).error }).toEqual({ status: 200, error: undefined });
    return String(Object(body).refresh_token);
  };
  const logIn = async (client: string): Promise<string> => {
    const code = await codeFrom(left, "openid offline_access", { client_id: client });
    return tokenOf(left, client, { grant_type: "authorization_code", code, redirect_uri: CALLBACK });
  };
  const renew = (issuer: string, client: string, token: string): Promise<string> =>
    tokenOf(issuer, client, { grant_type: "refresh_token", refresh_token: token });
  const [app, other] = [await logIn("app"), await logIn("other")];
  clock.move(10); // a token is answered as it is so soon after its making
  const [nextApp, nextOther] = [await renew(left, "app", app), await renew(left, "other", other)];
  clock.move(10);
  await Promise.all([renew(left, "app", nextApp), renew(right, "other", nextOther)]);
});
