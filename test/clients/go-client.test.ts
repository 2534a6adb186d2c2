import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { APP, COMMAND_LINE, type DexServer, JANE, signInAtDex, startDexServer } from "../support/dex-server.ts";
import { temporaryFolder } from "../support/gatehouse.ts";
import { type GoProgram, hasGoProgram, startGoProgram } from "../support/go-program.ts";

const PERSON = { email: JANE.email, email_verified: true, name: "Jane Doe", groups: ["staff"] };

describe.skipIf(!hasGoProgram("go-client"))("golang.org/x/oauth2 with go-oidc", () => {
  const folder = temporaryFolder();
  let dex: DexServer;
  beforeAll(async () => {
    dex = await startDexServer();
  });
  afterAll(async () => {
    await dex.stop();
    folder.remove();
  });

  function start(flow: string, client: { readonly id: string; readonly secret?: string }, more: string[] = []) {
    const secret = client.secret === undefined ? [] : [`-client-secret=${client.secret}`];
    const args = [`-issuer=${dex.issuer}`, `-client-id=${client.id}`, ...secret, `-flow=${flow}`, ...more];
    return startGoProgram("go-client", args, folder.path);
  }

  /** Its last line. */
  async function got(program: GoProgram): Promise<unknown> {
    return JSON.parse((await program.result()).trim().split("\n").at(-1) ?? "");
  }

  async function goWhereToldBy(program: GoProgram) {
    return signInAtDex(JSON.parse(await program.said(/^\{"url":("[^\n]*")\}$/m)));
  }

  test("logs a person in with PKCE and nonce, verifies at_hash, asks for userinfo, and refreshes", async () => {
    const program = start("code", COMMAND_LINE);
    const page = await goWhereToldBy(program);
    expect(page.body).toContain("You may close this window.");
    const claims = { ...PERSON, iss: dex.issuer, aud: COMMAND_LINE.id };
    expect(await got(program)).toMatchObject({ claims, userinfo: PERSON, renewed: claims });
  });

  test("logs a device in", async () => {
    const program = start("device", COMMAND_LINE);
    expect((await goWhereToldBy(program)).status).toBe(200);
    expect(await got(program)).toMatchObject({ claims: PERSON, userinfo: PERSON, renewed: PERSON });
  });

  test("logs in with a password, and is told when it is wrong", async () => {
    const ask = (password: string) => got(start("password", APP, [`-username=${JANE.email}`, `-password=${password}`]));
    expect(await ask(JANE.password)).toMatchObject({ claims: PERSON, userinfo: PERSON, renewed: PERSON });
    await expect(ask("wrong")).rejects.toThrow(/access_denied/);
  });

  test("gets tokens for itself", async () => {
    const claims = { name: "The App", groups: ["machines"], aud: APP.id };
    expect(await got(start("client-credentials", APP))).toMatchObject({ claims });
    await expect(got(start("client-credentials", { ...APP, secret: "wrong" }))).rejects.toThrow(/invalid_client/);
  });
});
