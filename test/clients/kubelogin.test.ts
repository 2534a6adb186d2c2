import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createRemoteJWKSet, jwtVerify } from "jose";

import { APP, COMMAND_LINE, type DexServer, JANE, signInAtDex, startDexServer } from "../support/dex-server.ts";
import { temporaryFolder } from "../support/gatehouse.ts";
import { type GoProgram, hasGoProgram, startGoProgram } from "../support/go-program.ts";

/** The API server's own client, for which the command line may get tokens. */
const CLUSTER = { id: "cluster", secret: "cluster secret" };

/** How kubectl asks its plugins. */
const ASKED = {
  kind: "ExecCredential",
  apiVersion: "client.authentication.k8s.io/v1",
  spec: { interactive: false },
};

describe.skipIf(!hasGoProgram("kubelogin"))("kubectl's login plugin", () => {
  const folder = temporaryFolder();
  let dex: DexServer;
  beforeAll(async () => {
    const trusting = { ...CLUSTER, name: "Cluster", trustedPeers: [COMMAND_LINE.id], redirectURIs: [] };
    dex = await startDexServer({ algorithm: "ES256", staticClients: [trusting] });
  });
  afterAll(async () => {
    await dex.stop();
    folder.remove();
  });

  function getToken(grant: string, client: { readonly id: string; readonly secret?: string }, more: string[] = []) {
    const args = [
      "get-token",
      `--oidc-issuer-url=${dex.issuer}`,
      `--oidc-client-id=${client.id}`,
      ...(client.secret === undefined ? [] : [`--oidc-client-secret=${client.secret}`]),
      ...["email", "groups", "offline_access"].map((scope) => `--oidc-extra-scope=${scope}`),
      `--grant-type=${grant}`,
      `--token-cache-dir=${folder.path}/${grant}`,
      "--listen-address=127.0.0.1:0",
      "--skip-open-browser",
      ...more,
    ];
    return startGoProgram("kubelogin", args, folder.path, { KUBERNETES_EXEC_INFO: JSON.stringify(ASKED) });
  }

  /** The claims that the API server would see, once it has checked them. */
  async function claimsFor(program: GoProgram, audience: string) {
    const credential = JSON.parse(await program.result());
    expect(credential).toMatchObject({ kind: ASKED.kind, apiVersion: ASKED.apiVersion });
    const keys = createRemoteJWKSet(new URL(`${dex.issuer}/keys`));
    const { payload } = await jwtVerify(credential.status.token, keys, { issuer: dex.issuer, audience });
    expect(Date.parse(credential.status.expirationTimestamp)).toBe((payload.exp ?? 0) * 1000);
    return payload;
  }

  const visit = async (program: GoProgram) =>
    signInAtDex(await program.said(/visit the following URL in your browser: (http\S+)/));
  const PERSON = { email: JANE.email, email_verified: true, groups: ["staff"] };

  test("by the browser; then from its cache, and by a refresh, without one", async () => {
    const first = getToken("authcode", COMMAND_LINE);
    expect((await visit(first)).status).toBe(200);
    const claims = await claimsFor(first, COMMAND_LINE.id);
    expect(claims).toMatchObject(PERSON);
    expect((await claimsFor(getToken("authcode", COMMAND_LINE), COMMAND_LINE.id))["jti"]).toBe(claims.jti);
    const renewed = await claimsFor(getToken("authcode", COMMAND_LINE, ["--force-refresh"]), COMMAND_LINE.id);
    expect(renewed).toMatchObject({ ...PERSON, sub: claims.sub });
    expect(renewed.jti).not.toBe(claims.jti);
  });

  test("for an API server that is another client, and trusts this one", async () => {
    const scope = `--oidc-extra-scope=audience:server:client_id:${CLUSTER.id}`;
    const program = getToken("authcode", COMMAND_LINE, [scope]);
    await visit(program);
    const claims = await claimsFor(program, CLUSTER.id);
    expect(claims).toMatchObject({ ...PERSON, azp: COMMAND_LINE.id });
    expect(claims.aud).toContain(COMMAND_LINE.id);
  });

  test("on a device", async () => {
    const program = getToken("device-code", COMMAND_LINE);
    expect((await visit(program)).status).toBe(200);
    expect(await claimsFor(program, COMMAND_LINE.id)).toMatchObject(PERSON);
  });

  test("with a password, and told when it is wrong", async () => {
    const ask = (password: string) => getToken("password", APP, [`--username=${JANE.email}`, `--password=${password}`]);
    await expect(ask("wrong").result()).rejects.toThrow(/Invalid username or password/);
    expect(await claimsFor(ask(JANE.password), APP.id)).toMatchObject(PERSON);
  });
});
