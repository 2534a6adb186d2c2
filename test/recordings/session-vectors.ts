import { readFileSync } from "node:fs";
import { type Difference, describeDifference, differences } from "./compare.ts";
import { valuesOf } from "./http-client.ts";
import { startProgram } from "./launches.ts";
import { request } from "./request.ts";
import { redisOf } from "./checks.ts";
import type { Json, JsonObject, Scenario } from "./scenario.ts";
import { type World, type WorldDeps, inWorld } from "./world.ts";

/** A session, or a login under way, exactly as oauth2-proxy stored it. */
export interface SessionVector {
  readonly name: string;
  readonly store: "cookie" | "redis";
  /** Of the program that issued it. */
  readonly args: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  readonly idp?: JsonObject;
  /** The whole `Cookie` header. */
  readonly cookies: string;
  /** Base64. */
  readonly redis_key?: string;
  readonly redis_value?: string;
  /** Seconds. */
  readonly redis_ttl?: number;
  readonly expect: readonly VectorStep[];
}

/** A request that shows what the program made of it, with what is to come. */
interface VectorStep {
  readonly path: string;
  readonly status: number;
  readonly userinfo?: Json;
  readonly headers?: Readonly<Record<string, string>>;
  readonly location?: string;
  readonly code_verifier?: string;
}

/** Read the stored sessions of a file. */
export function readSessions(path: string): readonly SessionVector[] {
  return JSON.parse(readFileSync(path, "utf8"));
}

/** Give a stored session to a fresh program. @returns how its answers differ from those expected. */
export function replaySession(deps: WorldDeps, vector: SessionVector): Promise<readonly string[]> {
  return inWorld(deps, scenarioOf(vector), async (world) => {
    if (vector.store === "redis") await storeInRedis(world, vector);
    await startProgram(world, world.scenario);
    const found: Difference[] = [];
    for (const step of vector.expect) found.push(...differences(step, await answerTo(world, vector, step), step.path));
    return found.map(describeDifference);
  });
}

/** The scenario of a program that takes a session over. */
export function scenarioOf({ name, store, args, files = {}, idp = {} }: SessionVector): Scenario {
  return { name, args, files, idp, needs: store === "redis" ? ["redis"] : [] };
}

async function storeInRedis(world: World, vector: SessionVector): Promise<void> {
  const { redis_key: key = "", redis_value: value = "", redis_ttl: seconds = 0 } = vector;
  const words = [Buffer.from(key, "base64"), Buffer.from(value, "base64"), "EX", String(seconds)];
  await redisOf(world).command("SET", ...words);
}

/** What came, in the members that the step expects. */
async function answerTo(world: World, { cookies }: SessionVector, step: VectorStep): Promise<JsonObject> {
  const answer = await request(world, { url: `{{proxy}}${step.path}`, headers: [["Cookie", cookies]] });
  const body = answer.body.toString();
  const location = valuesOf(answer, "location")[0] ?? "";
  return {
    path: step.path,
    status: answer.status,
    ...("userinfo" in step && { userinfo: answer.status === 200 ? JSON.parse(body) : body }),
    ...("headers" in step && { headers: identityHeaders(answer) }),
    ...("location" in step && { location: world.normalise.text(location) }),
    ...("code_verifier" in step && { code_verifier: verifierSent(world) }),
  };
}

const IDENTITY_HEADERS = [
  "X-Auth-Request-User",
  "X-Auth-Request-Email",
  "X-Auth-Request-Preferred-Username",
  "X-Auth-Request-Groups",
  "X-Auth-Request-Access-Token",
  "Authorization",
];

function identityHeaders(answer: Parameters<typeof valuesOf>[0]): JsonObject {
  const present = IDENTITY_HEADERS.filter((name) => valuesOf(answer, name).length > 0);
  return Object.fromEntries(present.map((name) => [name, valuesOf(answer, name).join(",")]));
}

/** The PKCE verifier that reached the token endpoint; empty when none did. RFC 7636 §4.5 */
function verifierSent({ provider }: World): string {
  const sent = provider.log.filter(({ path }) => path === "/token").flatMap(({ params }) => params);
  const verifier = sent.findLast((parameter) => parameter.startsWith("code_verifier="));
  return verifier?.slice("code_verifier=".length) ?? "";
}
