import { RESP_TYPES, type RedisClusterOptions, createClient, createCluster, createSentinel } from "@redis/client";

import { type RedisAddress, type RedisServers, parseRedisAddress, redisTls } from "./redis-address.ts";

/** The driver's client, whatever the servers' topology: one command at a time, and nothing else. */
export interface RedisDriver {
  /** Resolves when commands can be sent. May be called once. */
  connect(): Promise<unknown>;
  /**
   * Send a command. Rejects at once when there is no connection.
   * @param key says which server of a cluster it goes to; undefined = any that answers.
   */
  send(key: string | undefined, args: readonly (string | Uint8Array)[]): Promise<unknown>;
  destroy(): void;
}

/** Told of each connection that broke or could not be made. The driver goes on trying. */
export type OnDriverError = (error: unknown) => void;

const CONNECT_MILLISECONDS = 2000;
/** Often, because a Redis that is back should be found at once; and it is a single connection that tries. */
const LONGEST_RECONNECT_MILLISECONDS = 200;

/** Bulk replies are bytes. */
const OPTIONS = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } } as const;

/** What all connections have in common. Protocol 2 is understood by every Redis, and by what stands in for it. */
const COMMON = {
  RESP: 2,
  disableOfflineQueue: true,
  commandsQueueMaxLength: 10_000,
  disableClientInfo: true,
  maintNotifications: "disabled",
} as const;

/** @throws {RedisAddressError} */
export function createRedisDriver(servers: RedisServers, onError: OnDriverError): RedisDriver {
  const { topology } = servers;
  if (topology.kind === "single") return singleDriver(servers, parseRedisAddress(topology.url), onError);
  const addresses = topology.urls.map(parseRedisAddress);
  if (topology.kind === "cluster") return clusterDriver(servers, addresses, onError);
  return sentinelDriver(servers, { ...topology, addresses }, onError);
}

function singleDriver(servers: RedisServers, address: RedisAddress, onError: OnDriverError): RedisDriver {
  const where = address.path === undefined ? { host: address.host, port: address.port } : { path: address.path };
  const client = createClient({
    ...COMMON,
    ...credentials(servers, address),
    database: address.database,
    // The driver's type wants TCP or a socket file to be told apart at compile time; the URL decides.
    socket: { ...where, ...socketOptions(servers, [address]) } as { host: string; port: number },
  });
  client.on("error", onError);
  return {
    connect: () => client.connect(),
    send: (_key, args) => client.sendCommand(toArguments(args), OPTIONS),
    destroy: () => client.destroy(),
  };
}

function clusterDriver(servers: RedisServers, addresses: readonly RedisAddress[], onError: OnDriverError): RedisDriver {
  const socket = socketOptions(servers, addresses);
  const last = addresses.at(-1);
  const cluster = createCluster({
    RESP: 2,
    rootNodes: addresses.map(({ host, port }) => ({ socket: { host, port, ...socket } })),
    defaults: { ...COMMON, ...(last === undefined ? {} : credentials(servers, last)), socket },
  });
  cluster.on("error", onError);
  cluster.on("node-error", onError);
  return {
    connect: () => cluster.connect(),
    send: (key, args) =>
      key === undefined
        ? Promise.any(
            cluster.masters.map(async (node) => (await cluster.nodeClient(node)).sendCommand(toArguments(args))),
          )
        : cluster.sendCommand(key, false, toArguments(args), OPTIONS),
    destroy: () => cluster.destroy(),
  };
}

interface SentinelServers {
  readonly masterName: string;
  readonly sentinelPassword: RedisServers["password"];
  readonly addresses: readonly RedisAddress[];
}

/** Credentials and database of the URLs are the master's, as in the original; the sentinels have a password of their own. */
function sentinelDriver(servers: RedisServers, sentinels: SentinelServers, onError: OnDriverError): RedisDriver {
  const { masterName, addresses } = sentinels;
  const socket = socketOptions(servers, addresses);
  const password = sentinels.sentinelPassword.reveal();
  const last = addresses.at(-1);
  const sentinel = createSentinel({
    name: masterName,
    RESP: 2,
    sentinelRootNodes: addresses.map(({ host, port }) => ({ host, port })),
    sentinelClientOptions: { ...COMMON, socket, ...(password === "" ? {} : { password }) },
    nodeClientOptions: { ...COMMON, socket, ...(last === undefined ? {} : credentials(servers, last)) },
    scanInterval: 1000,
    passthroughClientErrorEvents: true,
  });
  sentinel.on("error", onError);
  sentinel.on("client-error", onError);
  return {
    connect: () => sentinel.connect(),
    send: (_key, args) => sentinel.sendCommand(false, toArguments(args), OPTIONS),
    destroy: () => void sentinel.destroy().catch(() => undefined), // it holds nothing then
  };
}

function credentials(servers: RedisServers, address: RedisAddress): { username?: string; password?: string } {
  const username = servers.username || address.username;
  const password = servers.password.reveal() || address.password;
  return { ...(username === "" ? {} : { username }), ...(password === "" ? {} : { password }) };
}

type SocketOptions = NonNullable<NonNullable<RedisClusterOptions["defaults"]>["socket"]>;

function socketOptions(servers: RedisServers, addresses: readonly RedisAddress[]): SocketOptions {
  const tls = redisTls(servers, addresses);
  const timing = {
    connectTimeout: CONNECT_MILLISECONDS,
    reconnectStrategy: (retries: number) => Math.min(50 * 2 ** Math.min(retries, 10), LONGEST_RECONNECT_MILLISECONDS),
  };
  if (tls === undefined) return timing;
  const { ca, ...verification } = tls;
  return { ...timing, ...verification, ...(ca === undefined ? {} : { ca: [...ca] }) };
}

function toArguments(args: readonly (string | Uint8Array)[]): (string | Buffer)[] {
  return args.map((arg) => (typeof arg === "string" ? arg : Buffer.from(arg.buffer, arg.byteOffset, arg.byteLength)));
}
