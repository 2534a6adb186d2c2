import type { RedirectConnector, WantedParts } from "../../src/connector/connector.ts";
import type { ConnectorDeps } from "../../src/connector/registry.ts";
import type { Login } from "../../src/protocol/identity.ts";
import { Secret } from "../../src/protocol/secret.ts";
import {
  type FakeAnswer,
  type FakeRequest,
  type FakeVendor,
  listeningLog,
  startFakeVendor,
  TRANSACTION,
} from "./fake-vendor.ts";

/** Somebody at a vendor. May be changed while the vendor runs. */
export interface VendorPerson {
  id: number;
  groups: readonly string[];
}

type Route = FakeAnswer | ((request: FakeRequest) => FakeAnswer);

/** A vendor whose token endpoint and interface stand at one fake, whatever hosts they have in the world. */
export interface VendorSite {
  readonly vendor: FakeVendor;
  readonly person: VendorPerson;
  readonly deps: ConnectorDeps;
  readonly settings: VendorSiteSettings;
  /** The forms that the token endpoint got, with the way the client was authenticated. */
  readonly tokenRequests: { readonly authentication: "basic" | "post"; readonly form: URLSearchParams }[];
  /** What a browser brings back from the authorization URL. */
  signIn(authorizationUrl: URL): Promise<URLSearchParams>;
  /** Nothing that was handed out holds any more. */
  revoke(): void;
  /** Answer instead of the interface's own. */
  answer(route: string, answer: Route): void;
  stop(): Promise<void>;
}

export interface VendorSiteSettings {
  reachable: boolean;
  /** How the client may be authenticated. */
  accepts: "basic" | "post" | "both";
  /** What a vendor says to who is not authenticated that way. */
  unknownClient: FakeAnswer;
  /** More of a token answer; `undefined` removes. */
  tokenAnswer: Record<string, unknown>;
  /** Moves the connector's clock. */
  clockOffset: number;
}

/** Sign in there. */
export async function signInThere(site: VendorSite, connector: RedirectConnector, wants?: WantedParts): Promise<Login> {
  const transaction = { ...TRANSACTION, ...(wants && { wants }) };
  const callback = await site.signIn(await connector.authorizationUrl(transaction));
  return connector.redeem(callback, transaction);
}

/** A login as the provider stores it: without tokens. */
export function storedLogin({ identity, connectorData }: Login): Login {
  return { identity, tokens: {}, ...(connectorData && { connectorData }) };
}

/** The JSON that a connector keeps. */
export function keptBy({ connectorData }: Login): unknown {
  return connectorData && JSON.parse(new TextDecoder().decode(connectorData));
}

export const VENDOR_CLIENT = { id: "vendor-client", secret: "a secret & more" };

/** A connector's options, registered at these fakes for {@link TRANSACTION}. */
export const VENDOR_OPTIONS = {
  clientId: VENDOR_CLIENT.id,
  clientSecret: new Secret(VENDOR_CLIENT.secret),
  redirectUri: TRANSACTION.redirectUri,
};

/**
 * @param tokenPath of the token endpoint.
 * @param api the interface: `GET /path` → answer, given to who has a token that holds.
 */
export async function startVendorSite(
  tokenPath: string,
  api: (person: VendorPerson) => Readonly<Record<string, Route>>,
): Promise<VendorSite> {
  const person: VendorPerson = { id: 4711, groups: ["staff", "admins"] };
  const settings: VendorSiteSettings = {
    reachable: true,
    accepts: "both",
    unknownClient: { status: 401, body: { error: "invalid_client" } },
    tokenAnswer: {},
    clockOffset: 0,
  };
  const held = { codes: new Set<string>(), access: new Set<string>(), refresh: new Set<string>() };
  const tokenRequests: VendorSite["tokenRequests"] = [];
  let issued = 0;
  const issue = (): FakeAnswer => {
    issued += 1;
    held.access.add(`at-${issued}`);
    held.refresh.add(`rt-${issued}`);
    const tokens = { access_token: `at-${issued}`, token_type: "bearer", expires_in: 3600 };
    return { body: { ...tokens, refresh_token: `rt-${issued}`, ...settings.tokenAnswer } };
  };
  const token = (request: FakeRequest): FakeAnswer => {
    const { authentication, form, isKnown } = readClient(request);
    tokenRequests.push({ authentication, form });
    if (!isKnown || (settings.accepts !== "both" && settings.accepts !== authentication)) return settings.unknownClient;
    const isHeld =
      form.get("grant_type") === "refresh_token"
        ? held.refresh.delete(form.get("refresh_token") ?? "")
        : held.codes.delete(form.get("code") ?? "");
    return isHeld ? issue() : { status: 400, body: { error: "invalid_grant" } };
  };
  const guarded = (route: Route) => (request: FakeRequest) => {
    const [scheme = "", value = ""] = request.authorization.split(" ");
    if (scheme !== "Bearer" || !held.access.has(value)) return { status: 401, body: { message: "Bad credentials" } };
    return typeof route === "function" ? route(request) : route;
  };
  const routes = Object.entries(api(person)).map(([path, route]) => [path, guarded(route)] as const);
  const vendor = await startFakeVendor({ [`POST ${tokenPath}`]: token, ...Object.fromEntries(routes) });
  return {
    vendor,
    person,
    settings,
    tokenRequests,
    deps: {
      clock: () => Date.now() / 1000 + settings.clockOffset,
      log: listeningLog().log,
      fetch: (url, init) => fetch(new URL(pathOf(url), settings.reachable ? vendor.url : "http://127.0.0.1:1"), init),
    },
    signIn: async (url) => {
      const code = `code-${held.codes.size + issued + 1}`;
      held.codes.add(code);
      return new URLSearchParams({ code, state: url.searchParams.get("state") ?? "" });
    },
    revoke: () => Object.values(held).forEach((handedOut) => handedOut.clear()),
    answer: (route, answer) => void (vendor.routes[route] = guarded(answer)),
    stop: () => vendor.stop(),
  };
}

function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  return `${pathname}${search}`;
}

function readClient({ authorization, body }: FakeRequest): {
  readonly authentication: "basic" | "post";
  readonly form: URLSearchParams;
  readonly isKnown: boolean;
} {
  const form = new URLSearchParams(body);
  if (!authorization.startsWith("Basic ")) {
    const isKnown = form.get("client_id") === VENDOR_CLIENT.id && form.get("client_secret") === VENDOR_CLIENT.secret;
    return { authentication: "post", form, isKnown };
  }
  const pair = Buffer.from(authorization.slice("Basic ".length), "base64").toString().split(":");
  const [id, secret] = pair.map((part) => new URLSearchParams(`x=${part}`).get("x"));
  return { authentication: "basic", form, isKnown: id === VENDOR_CLIENT.id && secret === VENDOR_CLIENT.secret };
}
