import { join } from "node:path";
import * as v from "valibot";

import type { Secret } from "../protocol/secret.ts";
import type {
  Access,
  Allow,
  AppConfiguration,
  Configuration,
  ProxyConfiguration,
  TcpAddress,
} from "./configuration.ts";
import type { ClientConfiguration, ProviderConfiguration } from "./provider-configuration.ts";
import type { ConnectorConfiguration, LocalUser } from "./connector-configuration.ts";
import type { Path } from "./finding.ts";
import type { AccessEntry, AppEntry } from "./schema/apps.ts";
import type { ConnectorEntry } from "./schema/connectors.ts";
import type { GatehouseFile } from "./schema/gatehouse-file.ts";
import { type ClientEntry, provider } from "./schema/provider.ts";
import { durationSeconds } from "./schema/values.ts";

const EVERYONE: Allow = { everyone: true, groups: [], emails: [], emailDomains: [] };

type SecretAt = (path: Path) => Secret;

/** Turn a native file in which nothing is wrong into the resolved configuration. */
export function resolve(file: GatehouseFile, secretAt: SecretAt): Configuration {
  // In lower case and without default port, as the browser's Host header and the issuer in tokens have it.
  const publicUrl = new URL(file.publicUrl).origin;
  const resolvedProvider = resolveProvider(file, publicUrl, secretAt);
  return {
    dialect: "native",
    listeners: [{ address: parseListenAddress(file.listen) }],
    telemetryListeners: file.telemetryListen === "off" ? [] : [{ address: parseListenAddress(file.telemetryListen) }],
    storage: resolveStorage(file),
    dataDir: file.dataDir,
    trustedProxies: { ranges: file.trustedProxies },
    logging: file.logging,
    branding: resolveBranding(file.branding),
    connectors: file.connectors.map((entry, index) =>
      resolveConnector(entry, secretAt(["connectors", index, "clientSecret"])),
    ),
    cookie: {
      name: file.cookie.name,
      prefix: true,
      domains: file.cookie.domain === undefined ? [] : [file.cookie.domain],
      path: "/",
      secure: publicUrl.startsWith("https:"),
      httpOnly: true,
      sameSite: "Lax",
    },
    session: {
      kind: "record",
      idleSeconds: durationSeconds(file.session.idle),
      lifetimeSeconds: durationSeconds(file.session.lifetime),
      cacheSeconds: file.session.cacheSeconds,
    },
    proxy: resolveProxy(file, publicUrl),
    ...(resolvedProvider === undefined ? {} : { provider: resolvedProvider }),
  };
}

/** `host:port` or `[v6]:port`, which the schema has checked. */
function parseListenAddress(value: string): TcpAddress {
  const colon = value.lastIndexOf(":");
  return { kind: "tcp", host: value.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(value.slice(colon + 1)) };
}

function resolveStorage(file: GatehouseFile): Configuration["storage"] {
  if (file.storage.type === "memory") return file.storage;
  return { type: "sqlite", file: file.storage.file ?? join(file.dataDir, "gatehouse.db") };
}

function resolveBranding(branding: GatehouseFile["branding"]): Configuration["branding"] {
  const { name, logo, accent, footer, stylesheet } = branding;
  return {
    name,
    ...(logo === undefined ? {} : { logoFile: logo }),
    ...(accent === undefined ? {} : { accent }),
    ...(footer === undefined ? {} : { footer }),
    ...(stylesheet === undefined ? {} : { stylesheetFile: stylesheet }),
  };
}

function resolveConnector(entry: ConnectorEntry, secret: Secret): ConnectorConfiguration {
  if (entry.type === "local") {
    const { id, name, users } = entry;
    return { type: "local", id, name, prompt: "Email Address", users: users.map(resolveUser) };
  }
  const { offlineAccess, scopes, parameters, name, pkce, ...rest } = entry;
  return {
    ...rest,
    name: name ?? entry.id,
    clientSecret: secret,
    scopes: [...new Set(["openid", ...scopes, ...(offlineAccess ? ["offline_access"] : [])])],
    authorizationParameters: parameters,
    ...(pkce ? { pkce: "S256" } : {}),
  };
}

function resolveUser(user: Extract<ConnectorEntry, { type: "local" }>["users"][number]): LocalUser {
  return {
    ...user,
    userId: user.userId ?? user.email.toLowerCase(),
    name: user.name ?? user.email,
    preferredUsername: user.preferredUsername ?? "",
  };
}

function resolveProxy(file: GatehouseFile, publicUrl: string): ProxyConfiguration {
  return {
    publicUrl,
    pathPrefix: file.pathPrefix,
    admission: EVERYONE,
    apps: file.apps.map(resolveApp),
    returnHosts: file.returnHosts,
  };
}

function resolveApp(app: AppEntry): AppConfiguration {
  const upstream =
    app.upstream === undefined
      ? {}
      : {
          upstream: {
            origin: new URL(app.upstream).origin,
            timeoutSeconds: durationSeconds(app.upstreamTimeout),
            passHost: app.passHost,
          },
        };
  return {
    host: app.host,
    name: app.name ?? app.host,
    access: resolveAccess(app),
    rules: app.rules.map((rule) => ({ paths: rule.paths, methods: rule.methods, access: resolveAccess(rule) })),
    ...upstream,
  };
}

/** Exactly one of the two is there: `cross-checks` refuses anything else, and this then admits nobody. */
function resolveAccess({ allow, public: isPublic }: AccessEntry): Access {
  if (isPublic === true && allow === undefined) return { kind: "public" };
  const lower = (values: readonly string[] = []): string[] => values.map((value) => value.toLowerCase());
  return {
    kind: "allow",
    allow: {
      everyone: allow?.everyone ?? false,
      groups: allow?.groups ?? [],
      emails: lower(allow?.emails),
      emailDomains: lower(allow?.emailDomains),
    },
  };
}

const GRANT_TYPES: readonly string[] = [
  "authorization_code",
  "refresh_token",
  "urn:ietf:params:oauth:grant-type:device_code",
];

/** Tokens that come by way of the browser are a grant too, by name. */
function grantTypesOf(responseTypes: readonly string[]): readonly string[] {
  const isImplicit = responseTypes.some((type) => type !== "code");
  return isImplicit ? [...GRANT_TYPES, "implicit"].toSorted() : GRANT_TYPES;
}

function resolveProvider(
  file: GatehouseFile,
  publicUrl: string,
  secretAt: SecretAt,
): ProviderConfiguration | undefined {
  if (file.provider === undefined && file.clients.length === 0) return undefined;
  const settings = file.provider ?? v.parse(provider, {});
  const { refreshTokens, signing } = settings;
  return {
    issuer: publicUrl,
    clients: file.clients.map((client, index) => resolveClient(client, secretAt(["clients", index, "secret"]))),
    skipApproval: settings.skipApproval,
    alwaysShowLoginScreen: false,
    idTokenSeconds: durationSeconds(settings.tokenLifetime),
    authRequestSeconds: durationSeconds(settings.requestLifetime),
    refresh: {
      rotate: refreshTokens.rotate,
      reuseIntervalSeconds: durationSeconds(refreshTokens.reuseInterval),
      absoluteLifetimeSeconds: durationSeconds(refreshTokens.lifetime),
      idleLifetimeSeconds: durationSeconds(refreshTokens.idle),
    },
    signing: { type: "local", algorithm: signing.algorithm, rotationSeconds: durationSeconds(signing.rotation) },
    pkce: { methods: ["S256"], enforce: settings.requirePkce },
    sharedSession: true,
    grantTypes: grantTypesOf(settings.responseTypes),
    responseTypes: settings.responseTypes.toSorted(),
    deviceRequestSeconds: 300,
    passwordConnector: "",
    connectorGrantTypes: {},
    cors: { origins: [], headers: [] },
    headers: {},
  };
}

function resolveClient(client: ClientEntry, secret: Secret): ClientConfiguration {
  return {
    id: client.id,
    name: client.name ?? client.id,
    secret,
    public: client.public,
    redirectUris: client.redirectUris,
    postLogoutRedirectUris: client.postLogoutRedirectUris,
    trustedPeers: client.trustedPeers,
    allowedConnectors: client.allowedConnectors,
    logoUrl: client.logoUrl ?? "",
    groups: [],
  };
}
