import { afterAll, describe, expect, test } from "bun:test";

import { APP, APP_CALLBACK, JANE, signInAtDex, startDexServer } from "../support/dex-server.ts";

const server = await startDexServer();
afterAll(server.stop);

/** Jane's, as every dex would have it. */
const SUBJECT = "CgZqYW5lLTESBWxvY2Fs";

/** Ask for these claims, sign in as Jane, agree; what the client gets. */
async function ask(claims: object): Promise<URLSearchParams> {
  const query = new URLSearchParams({
    client_id: APP.id,
    redirect_uri: APP_CALLBACK,
    response_type: "id_token",
    scope: "openid",
    nonce: "n",
    claims: JSON.stringify(claims),
  });
  const { location = "" } = await signInAtDex(`${server.issuer}/auth?${query.toString()}`);
  return new URLSearchParams(new URL(location).hash.slice(1));
}

function payloadOf(token: string | null): object {
  return JSON.parse(Buffer.from(token?.split(".")[1] ?? "", "base64url").toString());
}

describe("the claims parameter", () => {
  test("brings claims by name, and no others", async () => {
    const answer = await ask({ id_token: { email: null, preferred_username: { essential: true } } });
    const payload = payloadOf(answer.get("id_token"));
    expect(payload).toMatchObject({ sub: SUBJECT, email: JANE.email });
    expect(payload).not.toHaveProperty("email_verified");
    expect(payload).not.toHaveProperty("groups");
  });

  test("may want one person and nobody else", async () => {
    expect(payloadOf((await ask({ id_token: { sub: { value: SUBJECT } } })).get("id_token"))).toMatchObject({
      sub: SUBJECT,
    });
    const answer = await ask({ id_token: { sub: { value: "CgVib2ItMRIFbG9jYWw" } } });
    expect([answer.get("error"), answer.get("id_token")]).toEqual(["login_required", null]);
  });
});
