import type { ChildProcess } from "node:child_process";
import { createPublicKey } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type LdapServer, startLdapServer } from "../support/ldap-server.ts";
import { type SelfSigned, selfSigned } from "../support/self-signed.ts";
import { type CookieJar, cookieJar } from "./cookie-jar.ts";
import { type SigningKeys, keyNamed, signToken } from "./fake-provider/keys.ts";
import { type Provider, fakeProvider, provide } from "./fake-provider/provider.ts";
import { withoutNull } from "./fake-provider/tokens.ts";
import { USERS } from "./fake-provider/users.ts";
import { type FakeApplication, type FakeServer, type Listen, startFakeServer } from "./fake-server.ts";
import { fakeUpstream } from "./fake-upstream.ts";
import { freePort } from "./free-port.ts";
import { type Normaliser, normaliser } from "./normalise.ts";
import { type Variables, substitute } from "./placeholders.ts";
import { type Command, endProcess } from "./program.ts";
import { type RedisServer, redisServer } from "./redis-server.ts";
import type { Scenario, TokenOrder } from "./scenario.ts";

/** Everything that a scenario plays in: its folder, its fakes and what was remembered on the way. */
export interface World {
  readonly scenario: Scenario;
  readonly command: Command;
  readonly folder: string;
  readonly provider: Provider;
  readonly redis: RedisServer | undefined;
  readonly normalise: Normaliser;
  readonly variables: Variables;
  /** What every listener with TLS shows; `tls.crt` and `tls.key` in the folder. */
  readonly tls: SelfSigned;
  /** Wait so many milliseconds, letting other scenarios go on. */
  readonly pause: (milliseconds: number) => Promise<void>;
  /** The cookie jar of that name. */
  jar(name: string): CookieJar;
  /** Write a file of the scenario's folder; its text may hold placeholders. */
  write(name: string, text: string): void;
  program: ChildProcess | undefined;
  /** Characters of the program's output that a step has looked at. */
  outputSeen: number;
}

export interface WorldDeps {
  readonly command: Command;
  readonly keys: SigningKeys;
  readonly pause: (milliseconds: number) => Promise<void>;
}

/** Make a scenario's world, let `play` happen in it, and leave nothing of it behind. */
export async function inWorld<Result>(
  deps: WorldDeps,
  scenario: Scenario,
  play: (world: World) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "recording-"));
  const servers: FakeServer[] = [];
  let world: World | undefined;
  let directory: LdapServer | undefined;
  try {
    if (scenario.needs?.includes("slapd")) directory = await startLdapServer({ ldif: scenario.ldif ?? "" });
    const ports = { ...(await choosePorts(scenario)), ...(directory && { ldap: directory.port }) };
    world = makeWorld(deps, { scenario, folder, ports });
    for (const [application, listen] of fakesOf(world, ports)) servers.push(await startFakeServer(application, listen));
    await world.redis?.start();
    return await play(world);
  } finally {
    if (world?.program !== undefined) await endProcess(world.program);
    for (const server of servers) server.stop();
    await world?.redis?.stop();
    await directory?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

type Ports = Readonly<Record<string, number>>;

async function choosePorts({ needs = [] }: Scenario): Promise<Ports> {
  const names = ["proxy", "proxy_tls", "metrics", "grpc", "idp", "upstream", "upstream2"];
  for (const need of needs) if (need !== "upstream_unix" && need !== "slapd") names.push(need);
  const ports = new Set<number>();
  while (ports.size < names.length) ports.add(await freePort());
  const chosen = [...ports];
  return Object.fromEntries(names.map((name, index) => [name, chosen[index] ?? 0]));
}

function makeWorld(
  { command, keys, pause }: WorldDeps,
  { scenario, folder, ports }: { readonly scenario: Scenario; readonly folder: string; readonly ports: Ports },
): World {
  const jars = new Map<string, CookieJar>();
  const variables = variablesFor(folder, ports);
  const base = variables["idp"] ?? "";
  const named = new Map(Object.entries(ports).map(([name, port]) => [String(port), name]));
  const world: World = {
    scenario,
    command,
    folder,
    provider: fakeProvider(base, keys, substitute(scenario.idp ?? {}, variables)),
    redis: ports["redis"] === undefined ? undefined : redisServer(ports["redis"], folder),
    normalise: normaliser({ ports: named, folder, jars: () => jars.values() }),
    variables,
    tls: selfSigned("localhost", ["localhost", "app.example.com"]),
    pause,
    jar: (name) => {
      const jar = jars.get(name) ?? cookieJar();
      jars.set(name, jar);
      return jar;
    },
    write: (name, text) => {
      const path = join(folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, substitute(text, variables));
    },
    program: undefined,
    outputSeen: 0,
  };
  fillFolder(world, keys);
  return world;
}

const SCHEMES: Readonly<Record<string, string>> = {
  proxy_tls: "https",
  upstream_tls: "https",
  idp_tls: "https",
  redis: "redis",
};

function variablesFor(folder: string, ports: Ports): Variables {
  const variables: Variables = { dir: folder };
  for (const [name, port] of Object.entries(ports)) {
    variables[name] = `${SCHEMES[name] ?? "http"}://127.0.0.1:${port}`;
    variables[`${name}_port`] = String(port);
  }
  variables["provider"] = variables["idp"] ?? "";
  variables["program"] = variables["proxy"] ?? "";
  return variables;
}

/** Certificate and keys are always there; tokens are signed before the scenario's own files may hold them. */
function fillFolder(world: World, keys: SigningKeys): void {
  world.write("tls.crt", world.tls.certificate);
  world.write("tls.key", world.tls.key);
  for (const [name, { publicPem }] of Object.entries(keys)) world.write(`${name}.pub.pem`, publicPem);
  for (const [name, order] of Object.entries(world.scenario.tokens ?? {})) {
    world.variables[`token.${name}`] = makeToken(substitute(order, world.variables), world.provider.base, keys);
  }
  for (const [name, text] of Object.entries(world.scenario.files ?? {})) {
    // A recording carries the certificate of the key that signed SAML answers then.
    world.write(name, name === "saml.crt" ? certificateOf(keys) : text);
  }
}

function certificateOf(keys: SigningKeys): string {
  const { privateKey } = keyNamed(keys, "main");
  return selfSigned("saml.test", [], { privateKey, publicKey: createPublicKey(privateKey) }).certificate;
}

function makeToken(order: TokenOrder, issuer: string, keys: SigningKeys): string {
  const { user = "alice", claims = {}, key = "main", alg = "RS256", kid, expires_in: life = 3600 } = order;
  const now = Math.floor(Date.now() / 1000);
  const all = { iss: issuer, aud: "compat", iat: now, exp: now + life, ...USERS[user], ...claims };
  return signToken(withoutNull(all), { key: keyNamed(keys, key), alg, kid });
}

type Fake = readonly [application: FakeApplication, listen: Listen];

function fakesOf(world: World, ports: Ports): readonly Fake[] {
  const tls = { cert: world.tls.certificate, key: world.tls.key };
  const port = (name: string): Listen => ({ port: ports[name] ?? 0 });
  const fakes: Fake[] = [
    [provide(world.provider), port("idp")],
    [fakeUpstream("upstream"), port("upstream")],
    [fakeUpstream("upstream2"), port("upstream2")],
  ];
  for (const need of world.scenario.needs ?? []) {
    if (need === "idp_tls") fakes.push([provide(world.provider), { ...port(need), tls }]);
    if (need === "upstream_tls") fakes.push([fakeUpstream(need), { ...port(need), tls }]);
    if (need === "upstream_unix") fakes.push([fakeUpstream(need), { path: join(world.folder, "upstream.sock") }]);
  }
  return fakes;
}
