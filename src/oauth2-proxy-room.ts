import { readFileSync } from "node:fs";

import type { Foundation, Room } from "./app.ts";
import type { OAuth2ProxyConfiguration } from "./config/oauth2-proxy-configuration.ts";
import type { Connector, RedirectConnector } from "./connector/connector.ts";
import type { Handler } from "./http/handler.ts";
import { createCsrfLogins } from "./login/csrf-logins.ts";
import { createOriginalPages, type OriginalPages } from "./pages/oauth2-proxy/create-original-pages.ts";
import { type Admission, createAdmission } from "./proxy/oauth2-proxy/admission.ts";
import { createBearerLogin, type VerifyBearer } from "./proxy/oauth2-proxy/bearer-login.ts";
import { clientAddressOf, type ClientAddressRules } from "./proxy/oauth2-proxy/client-address.ts";
import { createOAuth2Proxy } from "./proxy/oauth2-proxy/create-oauth2-proxy.ts";
import type { OAuth2ProxyDeps } from "./proxy/oauth2-proxy/deps.ts";
import { createHeaderValues } from "./proxy/oauth2-proxy/header-injection.ts";
import { createPasswordCheck } from "./proxy/oauth2-proxy/htpasswd.ts";
import { createObserver } from "./proxy/oauth2-proxy/observe.ts";
import { createIsReturnTarget } from "./proxy/oauth2-proxy/return-target-rules.ts";
import { createIsApiRoute, createSkipsAuth } from "./proxy/oauth2-proxy/skip-auth.ts";
import { createOAuth2ProxyUpstreams, type Upstreams } from "./proxy/oauth2-proxy/upstreams/create-upstreams.ts";
import { watchEmails, watchHtpasswd } from "./proxy/oauth2-proxy/watched-lists.ts";
import { createOriginalCookieNames } from "./proxy/oauth2-proxy/upstreams/own-cookies.ts";
import { connectWebSocket } from "./runtime/connect-web-socket.ts";
import { authoritiesOf, createFetch } from "./runtime/create-fetch.ts";
import { createHttpClient } from "./runtime/http-client/create-http-client.ts";

/** A room that answers every request itself. */
export interface OAuth2ProxyRoom extends Room {
  readonly handler: Handler;
}

/** Whatever has to be let go of when the room closes. */
type Closing = (() => void)[];

/** The proxy's room where Gatehouse stands in for oauth2-proxy. What fails leaves nothing behind that goes on. */
export async function createOAuth2ProxyRoom(
  foundation: Foundation,
  configuration: OAuth2ProxyConfiguration,
): Promise<OAuth2ProxyRoom> {
  const closing: Closing = [];
  const close = (): void => closing.forEach((end) => end());
  try {
    return {
      routes: [],
      handler: await createHandler(foundation, configuration, closing),
      start: () => undefined,
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

async function createHandler(
  foundation: Foundation,
  configuration: OAuth2ProxyConfiguration,
  closing: Closing,
): Promise<Handler> {
  const { clock, log, sessions, trustedProxies, original } = foundation;
  const addresses: ClientAddressRules = { ...configuration, trustedProxies };
  const { events, ...observers } = createObserver({
    clock,
    addresses,
    reverseProxy: configuration.reverseProxy,
    begin: original?.begin ?? (() => () => undefined),
    ...(original?.logRequest === undefined ? {} : { logRequest: original.logRequest }),
    logAuth: original?.logAuth ?? (({ message, ...entry }) => log.info(message, { ...entry })),
  });
  const rules = createRules(foundation, configuration, { addresses, closing });
  const deps: OAuth2ProxyDeps = {
    ...(await createLogin(foundation, configuration, closing)),
    ...rules,
    configuration,
    pathPrefix: configuration.pathPrefix,
    sessions,
    clock,
    log,
    events,
    clientAddress: (scope) => clientAddressOf(addresses, scope) ?? "",
    bearerTokenLoginFallback: configuration.bearerTokenLoginFallback,
    answerHeaders: createHeaderValues(configuration.responseHeaders),
    ...createAnswers(foundation, configuration, { ...rules, closing }),
  };
  return createOAuth2Proxy({ ...deps, trustedProxies, ...observers, ping: async () => sessions.ping?.() });
}

type Login = Pick<
  OAuth2ProxyDeps,
  "connector" | "pkce" | "logins" | "secureCookies" | "fetch" | "headerLogin" | "passwords"
>;

async function createLogin(
  foundation: Foundation,
  configuration: OAuth2ProxyConfiguration,
  closing: Closing,
): Promise<Login> {
  const { connectors, clock } = foundation;
  const { cookie, session, connectors: configured } = foundation.configuration;
  if (session.kind === "record") throw new Error("sessions of the drop-in are kept in the original's formats");
  const connector = redirectConnector(connectors.list());
  const [provider] = configured;
  const trust = provider !== undefined && "trust" in provider ? provider.trust : undefined;
  const passwords = createPasswords(foundation, configuration, closing);
  const verifyBearer = await createVerifyBearer(foundation, { configuration, connector, closing });
  const headerLogin = {
    clock,
    ...(verifyBearer === undefined ? {} : { verifyBearer }),
    ...(passwords === undefined ? {} : { passwords }),
  };
  return {
    connector,
    pkce: provider !== undefined && "pkce" in provider && provider.pkce !== undefined,
    logins: createCsrfLogins(
      { clock, cookie },
      { secret: session.secret, csrf: configuration.csrf, encodeState: configuration.encodeState },
    ),
    secureCookies: cookie.secure,
    fetch: createFetch(trust),
    ...(passwords === undefined ? {} : { passwords }),
    ...(verifyBearer === undefined && passwords === undefined ? {} : { headerLogin }),
  };
}

function redirectConnector(connectors: readonly Connector[]): RedirectConnector {
  const [connector] = connectors;
  if (connector?.kind !== "redirect") throw new Error("the drop-in has exactly one provider");
  return connector;
}

function createPasswords(
  { clock, log }: Foundation,
  { htpasswd }: OAuth2ProxyConfiguration,
  closing: Closing,
): OAuth2ProxyDeps["passwords"] {
  if (htpasswd === undefined) return undefined;
  const users = watchHtpasswd({ readFile: readText, log }, htpasswd);
  closing.push(users.close);
  return { ...createPasswordCheck({ clock }, () => users.current), ...htpasswd };
}

/** The provider's tokens, then those of the extra issuers. */
async function createVerifyBearer(
  { clock, log, configuration: { connectors } }: Foundation,
  {
    configuration: { bearer },
    connector,
    closing,
  }: {
    readonly configuration: OAuth2ProxyConfiguration;
    readonly connector: RedirectConnector;
    readonly closing: Closing;
  },
): Promise<VerifyBearer | undefined> {
  if (bearer === undefined) return undefined;
  const verifiers: VerifyBearer[] = connector.verifyBearer === undefined ? [] : [connector.verifyBearer];
  if (bearer.extraIssuers.length > 0) {
    const { createBearerIssuer } = await import("./connector/oidc/bearer-issuer.ts");
    // As in the original, the provider's rules for audiences hold for the extra issuers too.
    const [provider] = connectors;
    const { audienceClaims, extraAudiences } = provider !== undefined && "issuer" in provider ? provider : {};
    const audiences = { ...(audienceClaims && { audienceClaims }), ...(extraAudiences && { extraAudiences }) };
    for (const issuer of bearer.extraIssuers) {
      const made = createBearerIssuer({ clock, log, fetch: createFetch(bearer.trust) }, { ...issuer, ...audiences });
      closing.push(made.close);
      verifiers.push(made.verify);
    }
  }
  return createBearerLogin(clock, verifiers);
}

function createRules(
  { log }: Foundation,
  configuration: OAuth2ProxyConfiguration,
  { addresses, closing }: { readonly addresses: ClientAddressRules; readonly closing: Closing },
): Pick<OAuth2ProxyDeps, "skipsAuth" | "isApiRoute" | "isReturnTarget"> & { readonly admission: Admission } {
  const emails = watchEmails({ readFile: readText, log }, configuration.admission);
  closing.push(emails.close);
  return {
    admission: createAdmission(configuration.admission, () => emails.current),
    skipsAuth: createSkipsAuth(configuration, addresses),
    isApiRoute: createIsApiRoute(configuration.apiRoutes),
    isReturnTarget: createIsReturnTarget(configuration.whitelistDomains),
  };
}

interface Answering extends Pick<OAuth2ProxyDeps, "isReturnTarget"> {
  readonly closing: Closing;
}

function createAnswers(
  foundation: Foundation,
  configuration: OAuth2ProxyConfiguration,
  answering: Answering,
): Pick<OAuth2ProxyDeps, "pages" | "askToSignOut"> & { readonly upstreams: Upstreams } {
  const { pathPrefix, htpasswd, admission } = configuration;
  const pages = createOriginalPages(
    { readFile: (path) => readFileSync(path), log: foundation.log, pages: foundation.pages },
    {
      pages: configuration.pages,
      pathPrefix,
      showPasswordForm: htpasswd?.showForm ?? false,
      // The original says nothing of domains where a file of addresses counts too.
      emailDomains: admission.emailsFile === undefined ? admission.emailDomains : [],
    },
  );
  return {
    pages,
    askToSignOut: (request, userName, rd) =>
      foundation.pages.signOut(request, { action: `${pathPrefix}/sign_out`, userName, hidden: { rd } }),
    upstreams: createUpstreams(foundation, configuration, { ...answering, pages }),
  };
}

function createUpstreams(
  foundation: Foundation,
  configuration: OAuth2ProxyConfiguration,
  { pages, closing, isReturnTarget }: Answering & { readonly pages: OriginalPages },
): Upstreams {
  const client = createHttpClient();
  closing.push(() => client.close());
  return createOAuth2ProxyUpstreams(
    {
      ...foundation,
      exchange: client.exchange,
      connectWebSocket,
      ...upstreamAuthorities(foundation),
      ownCookieNames: createOriginalCookieNames(foundation.configuration.cookie.name),
      trustsOrigin: ({ origin }) => isReturnTarget(`${origin}/`),
      trustedProxyRanges: foundation.configuration.trustedProxies.ranges,
      errorPage: (request, failure) => pages.error(request, { ...failure, redirect: "", setCookies: [] }),
    },
    { ...configuration.upstreams, requestHeaders: configuration.requestHeaders, ...signatureOf(configuration) },
  );
}

/** As in the original, the provider's authorities vouch for https upstreams too. */
function upstreamAuthorities({ configuration: { connectors } }: Foundation): {
  readonly authorities?: readonly string[];
} {
  const [provider] = connectors;
  const trust = provider !== undefined && "trust" in provider ? provider.trust : undefined;
  return trust === undefined || trust.authorities.length === 0 ? {} : { authorities: authoritiesOf(trust) };
}

function signatureOf({ signature }: OAuth2ProxyConfiguration): Pick<OAuth2ProxyConfiguration, "signature"> {
  return signature === undefined ? {} : { signature };
}

function readText(path: string): string {
  return readFileSync(path, "utf8");
}
