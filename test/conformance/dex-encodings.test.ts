import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { verifyPkce } from "../../src/protocol/pkce.ts";
import { randomId } from "../../src/protocol/random-id.ts";
import { encodeRefreshToken, parseRefreshToken } from "../../src/protocol/refresh-token-string.ts";
import { decodeSubject, encodeSubject } from "../../src/protocol/subject.ts";
import { type HopStep, approvalMatches, signHop } from "../../src/provider/authorize/hop.ts";
import { createUserCode } from "../../src/provider/device/user-code.ts";
import { halfHash } from "../../src/provider/signing-keys/jwt.ts";
import type { AuthRequest } from "../../src/provider/storage-model.ts";
import { makeSigningKeys } from "../recordings/fake-provider/keys.ts";
import { startProgram } from "../recordings/launches.ts";
import { isPossible, readRecordings } from "../recordings/recordings.ts";
import { request } from "../recordings/request.ts";
import type { Scenario, Step } from "../recordings/scenario.ts";
import { walk } from "../recordings/walk.ts";
import { type World, inWorld } from "../recordings/world.ts";

/** What real dex programs put into tokens, links and stored data; names in Kubernetes and etcd are not looked at. */
const VECTORS = JSON.parse(
  readFileSync(join(import.meta.dir, "..", "vectors", "dex", "encodings.json"), "utf8"),
) as Encodings; // our own data, with these members

describe("an encoding of dex", () => {
  test("subjects", () => {
    for (const { user_id: userId, connector_id: connectorId, sub } of VECTORS.sub.vectors) {
      expect({ sub: encodeSubject({ userId, connectorId }), ...decodeSubject(sub) }).toEqual({
        sub,
        userId,
        connectorId,
      });
    }
  });

  test("refresh tokens", () => {
    for (const { id, token, string } of VECTORS.refresh_token.vectors) {
      expect(encodeRefreshToken({ id, token })).toBe(string);
      if (id !== "") expect(parseRefreshToken(string)).toEqual({ id, token });
    }
  });

  test("at_hash and c_hash", () => {
    for (const { access_token, at_hash, code, c_hash } of VECTORS.hashes.vectors) {
      expect([halfHash(access_token, "RS256"), halfHash(code, "RS256")]).toEqual([at_hash, c_hash]);
    }
  });

  test("links to the steps of a login", () => {
    for (const { req, stored_hmac_key_base64: key, step, hmac } of VECTORS.step_links_master.vectors) {
      // Any text can be signed; that of a second factor is no step of ours yet.
      expect(signHop(requestOf(req, key), step as HopStep)).toBe(hmac);
    }
  });

  test("links to the approval page of the release", () => {
    for (const { req, stored_hmac_key_base64: key, hmac } of VECTORS["approval_link_v2.45.1"].vectors) {
      expect(approvalMatches(requestOf(req, key), hmac)).toBe(true);
      expect(approvalMatches(requestOf(`${req}a`, key), hmac)).toBe(false);
    }
  });

  test("PKCE", () => {
    for (const { method, verifier, challenge, accepted, at } of VECTORS.pkce.vectors) {
      if (at === "authorization") continue; // never comes to a code
      const check = (): void =>
        verifyPkce({ codeChallenge: challenge, codeChallengeMethod: method ?? "plain" }, verifier);
      if (accepted) expect(check).not.toThrow();
      else expect(check).toThrow("Invalid code_verifier.");
    }
  });

  test("random ids, device codes and user codes have its form", () => {
    const examplesOf = (what: string): readonly string[] =>
      VECTORS.random_ids.observed.find((entry) => entry.what.startsWith(what))?.examples ?? [];
    const forms: readonly (readonly [what: string, form: RegExp, ours: string])[] = [
      ["auth request id", /^[a-z][a-z2-7]{24}$/, randomId()],
      ["refresh token id", /^[a-z][a-z2-7]{24}$/, randomId()],
      ["device_code", /^[a-z][a-z2-7]{50}$/, randomId(32)],
      ["user_code", /^[B-DF-HJ-NP-TV-XZ]{8}$/, createUserCode().replace("-", "")],
    ];
    for (const [what, form, ours] of forms) {
      const all = [...examplesOf(what), ours];
      expect(all.length).toBeGreaterThan(1);
      expect(all.filter((example) => !form.test(example))).toEqual([]);
    }
  });
});

/** The connectors whose logins are recorded: each logs somebody in who wants a refresh token. */
describe("what a connector stores is what dex's would", () => {
  const scenarios = readRecordings(join(import.meta.dir, "..", "recordings", "dex"));
  const keys = makeSigningKeys();
  for (const {
    connector,
    offline_session: [stored],
  } of VECTORS.connector_data.vectors) {
    const recorded = scenarios.find(({ name }) => name === `connector-${connector}`);
    const step = recorded?.steps?.find(isLogin);
    if (recorded === undefined || step?.walk === undefined || stored === undefined) continue;
    const order = { ...step.walk, start: step.walk.start.replace("scope=", "scope=offline_access+") };
    const scenario = onSqlite(recorded);
    test.skipIf(!isPossible(scenario))(connector, async () => {
      const deps = { command: [LAUNCHER, "dex"], keys, pause: Bun.sleep } as const;
      await inWorld(deps, scenario, async (world) => {
        await startProgram(world, scenario);
        await walk(world, { capture: { code: { from: "url", regex: "[?&]code=([^&]+)" } } }, order);
        const tokens = await askToken(world, { grant_type: "authorization_code", code: "{{code}}" });
        expect(shapeOf(readOfflineSession(world, stored.user_id))).toEqual(shapeOf(stored.connector_data));
        const renewed = await askToken(world, { grant_type: "refresh_token", refresh_token: tokens.refresh_token });
        expect(renewed.refresh_token).toBeString();
      });
    });
  }
});

const LAUNCHER = join(import.meta.dir, "..", "..", "bin", "gatehouse");

interface Encodings {
  readonly sub: Vectors<{ readonly user_id: string; readonly connector_id: string; readonly sub: string }>;
  readonly refresh_token: Vectors<{ readonly id: string; readonly token: string; readonly string: string }>;
  readonly hashes: Vectors<Readonly<Record<"access_token" | "at_hash" | "code" | "c_hash", string>>>;
  readonly step_links_master: Vectors<Link & { readonly step: string }>;
  readonly "approval_link_v2.45.1": Vectors<Link>;
  readonly pkce: Vectors<{
    readonly method: string | null;
    readonly verifier: string;
    readonly challenge: string;
    readonly accepted: boolean;
    readonly at?: string;
  }>;
  readonly random_ids: {
    readonly observed: readonly { readonly what: string; readonly examples: readonly string[] }[];
  };
  readonly connector_data: Vectors<{
    readonly connector: string;
    readonly offline_session: readonly { readonly user_id: string; readonly connector_data: unknown }[];
  }>;
}

interface Vectors<Vector> {
  readonly vectors: readonly Vector[];
}

interface Link {
  readonly req: string;
  readonly stored_hmac_key_base64: string;
  readonly hmac: string;
}

function requestOf(id: string, key: string): AuthRequest {
  // Nothing else of a request is signed.
  return { id, hmacKey: Buffer.from(key, "base64").toString() } as AuthRequest;
}

/** Does it come to a code by way of the connector `up`? */
function isLogin({ walk: order, expect: expected }: Step): boolean {
  return order?.start.includes("/auth/up?") === true && JSON.stringify(expected).includes('"code":"<code>"');
}

function onSqlite(scenario: Scenario): Scenario {
  const files = Object.entries(scenario.files ?? {}).map(([name, text]) => [
    name,
    text.replace("type: memory", "type: sqlite3\n  config:\n    file: '{{dir}}/dex.db'"),
  ]);
  return { ...scenario, files: Object.fromEntries(files) };
}

async function askToken(
  world: World,
  form: Readonly<Record<string, string>>,
): Promise<{ readonly refresh_token: string }> {
  const answer = await request(world, {
    url: "{{program}}/dex/token",
    method: "POST",
    headers: [["Authorization", `Basic ${btoa("app:app-secret")}`]],
    form: { ...form, redirect_uri: "http://app.test/callback" },
  });
  return JSON.parse(answer.body.toString());
}

/** @returns the connector's data in a user's offline session: JSON, or null. */
function readOfflineSession(world: World, userId: string): unknown {
  const db = new DatabaseSync(join(world.folder, "dex.db"), { readOnly: true });
  try {
    const sql = "SELECT cast(connector_data AS text) AS data FROM offline_session WHERE user_id = ? AND conn_id = 'up'";
    const row = db.prepare(sql).get(userId);
    if (row === undefined) throw new Error(`no offline session of ${userId}`);
    return JSON.parse(String(row["data"] ?? "null"));
  } finally {
    db.close();
  }
}

/** Numbers of the fake's tokens and times differ from run to run; how they are written does not. */
function shapeOf(data: unknown): unknown {
  const text = JSON.stringify(data, (_key, value: unknown) => {
    if (typeof value !== "string") return value;
    const decoded = Buffer.from(value, "base64").toString();
    if (/^rt\.alice\.\d+$/.test(decoded)) return "<base64 of a refresh token>";
    return /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value) ? "<time>" : value;
  });
  return JSON.parse(text);
}
