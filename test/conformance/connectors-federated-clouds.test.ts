import type { RedirectConnector } from "../../src/connector/connector.ts";
import { createGoogleConnector } from "../../src/connector/federated/google/google-connector.ts";
import { createMicrosoftConnector } from "../../src/connector/federated/microsoft/microsoft-connector.ts";
import { createOAuthConnector } from "../../src/connector/federated/oauth/oauth-connector.ts";
import { createOpenshiftConnector } from "../../src/connector/federated/openshift/openshift-connector.ts";
import type { Identity } from "../../src/protocol/identity.ts";
import { type FakeProvider, startFakeProvider } from "../support/fake-provider.ts";
import { type FakeAnswer, vendorDeps } from "../support/fake-vendor.ts";
import { googleUpstream, microsoftUpstream, oauthUpstream, openshiftUpstream } from "../support/federated-clouds.ts";
import { atGoogle, googleSettings, serviceAccountFile } from "../support/google-site.ts";
import { bendClaims, bendSettings, FORGED_ID_TOKENS } from "../support/hostile-id-tokens.ts";
import { startVendorSite, type VendorSite } from "../support/vendor-site.ts";
import { redirectConnectorSuite, type RedirectUpstream } from "./connector-suite.ts";

const PLACE = { id: "corp", name: "Corp" };
const CALLBACK = { redirectUri: "http://127.0.0.1:1/callback" };

interface SiteUpstream extends RedirectUpstream {
  readonly site: VendorSite;
}

type Bend = (upstream: SiteUpstream) => unknown;

function upstreamAt(site: VendorSite, connector: RedirectConnector, told: Omit<Identity, "groups">): SiteUpstream {
  return {
    site,
    connector,
    identity: { ...told, groups: ["staff", "admins"] },
    signIn: site.signIn,
    changeGroups: (groups) => void (site.person.groups = groups),
    changeSubject: () => void (site.person.id = 666),
    setReachable: (reachable) => void (site.settings.reachable = reachable),
    revoke: site.revoke,
    stop: site.stop,
  };
}

const answers =
  (route: string, answer: FakeAnswer): Bend =>
  ({ site }) =>
    site.answer(route, answer);
const body = (route: string, value: unknown): Bend => answers(route, { body: value });

/** Wrong answers about the person, whatever vendor it is. */
const wrongPerson = (route: string): Record<string, Bend> => ({
  "a person without an id": body(route, { displayName: "Alice", metadata: { name: "alice" } }),
  "a person whose id is a list": body(route, { id: ["u"], metadata: { uid: ["u"] } }),
  "a person that is a list": body(route, []),
  "a person that is no JSON": body(route, "<html>"),
  "a person that is not there": answers(route, { status: 404 }),
});

const tolerated: Record<string, Bend> = {
  "credentials in the body only": ({ site }) => void (site.settings.accepts = "post"),
  "credentials in the header only": ({ site }) => void (site.settings.accepts = "basic"),
  "no token type": ({ site }) => void (site.settings.tokenAnswer = { token_type: undefined }),
  "no refresh token": ({ site }) => void (site.settings.tokenAnswer = { refresh_token: undefined }),
};
const foreignToken: Record<string, Bend> = {
  "a token that is not a bearer token": ({ site }) => void (site.settings.tokenAnswer = { token_type: "DPoP" }),
};

redirectConnectorSuite<SiteUpstream>("oauth in dex's rules", {
  start: async () => {
    const site = await startVendorSite("/token", (person) => ({
      "GET /me": () => ({
        body: { id: `u-${person.id}`, user_name: "Alice Example", preferred_username: "alice", groups: person.groups },
      }),
    }));
    const connector = createOAuthConnector(site.deps, { ...PLACE, upstream: oauthUpstream(CALLBACK) });
    const nobody = { email: "", emailVerified: false };
    return upstreamAt(site, connector, {
      userId: "u-4711",
      username: "Alice Example",
      preferredUsername: "alice",
      ...nobody,
    });
  },
  bindsCodes: false, // dex sends a generic OAuth server neither a nonce nor a challenge
  renews: false,
  hostile: { ...wrongPerson("GET /me"), ...foreignToken },
  hostileAtRefresh: {},
  tolerated,
});

redirectConnectorSuite<SiteUpstream>("openshift in dex's rules", {
  start: async () => {
    const site = await startVendorSite("/oauth/token", (person) => ({
      "GET /apis/user.openshift.io/v1/users/~": () => ({
        body: {
          kind: "User",
          metadata: { name: "alice", uid: `uid-${person.id}` },
          fullName: "Alice Example",
          groups: person.groups.length === 0 ? null : person.groups,
        },
      }),
    }));
    const upstream = openshiftUpstream(CALLBACK);
    site.vendor.routes["GET /.well-known/oauth-authorization-server"] = {
      body: {
        issuer: upstream.issuer,
        authorization_endpoint: "https://oauth.apps.example/oauth/authorize",
        token_endpoint: "https://oauth.apps.example/oauth/token",
      },
    };
    const connector = createOpenshiftConnector(site.deps, { ...PLACE, upstream });
    const names = { username: "alice", preferredUsername: "alice", email: "alice" };
    return upstreamAt(site, connector, { userId: "uid-4711", ...names, emailVerified: false });
  },
  bindsCodes: false,
  hostile: {
    ...wrongPerson("GET /apis/user.openshift.io/v1/users/~"),
    ...foreignToken,
    "groups that are none": body("GET /apis/user.openshift.io/v1/users/~", { metadata: { uid: "u" }, groups: [7] }),
  },
  hostileAtRefresh: wrongPerson("GET /apis/user.openshift.io/v1/users/~"),
  tolerated,
});

const IDS = "POST /v1.0/me/getMemberGroups";
const NAMES = "POST /v1.0/directoryObjects/getByIds";
const wrongGroups: Record<string, Bend> = {
  "groups that are no list": body(IDS, { value: { a: 1 } }),
  "groups that are numbers": body(IDS, { value: [7] }),
  "names that are numbers": body(NAMES, { value: [{ displayName: 7 }] }),
  "a list of groups that goes round in a circle": body(IDS, {
    value: ["g"],
    "@odata.nextLink": "https://graph.microsoft.com/v1.0/me/getMemberGroups",
  }),
  "a next page at another server": body(IDS, { value: ["g"], "@odata.nextLink": "https://evil.example/v1.0/next" }),
};

redirectConnectorSuite<SiteUpstream>("microsoft in dex's rules", {
  start: async () => {
    const site = await startVendorSite("/contoso/oauth2/v2.0/token", (person) => ({
      "GET /v1.0/me": () => ({
        body: {
          "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users/$entity",
          id: `id-${person.id}`,
          displayName: "Alice Example",
          userPrincipalName: "alice@example.com",
          mailNickname: "alice",
          onPremisesSamAccountName: null,
        },
      }),
      [IDS]: () => ({ body: { value: person.groups.map((group) => `id-of-${group}`) } }),
      [NAMES]: (request) => {
        const { ids } = JSON.parse(request.body) as { ids: string[] };
        return { body: { value: ids.map((id) => ({ id, displayName: id.replace("id-of-", "") })) } };
      },
    }));
    const connector = createMicrosoftConnector(site.deps, {
      ...PLACE,
      upstream: microsoftUpstream({ ...CALLBACK, preferredUsernameField: "mailNickname" }),
    });
    const told = { username: "Alice Example", preferredUsername: "alice", email: "alice@example.com" };
    return upstreamAt(site, connector, { userId: "id-4711", ...told, emailVerified: true });
  },
  bindsCodes: false,
  hostile: { ...wrongPerson("GET /v1.0/me"), ...wrongGroups, ...foreignToken },
  hostileAtRefresh: { ...wrongPerson("GET /v1.0/me"), ...wrongGroups },
  tolerated,
});

interface GoogleSite extends RedirectUpstream {
  readonly provider: FakeProvider;
}

redirectConnectorSuite<GoogleSite>("google in dex's rules", {
  start: async () => {
    const provider = await startFakeProvider({ settings: googleSettings() });
    const alice = provider.users.alice!;
    let groups: readonly string[] = ["staff", "admins"];
    const { fetch, stop } = await atGoogle(provider, () => ({ groups: groups.map((email) => ({ email })) }));
    const upstream = googleUpstream(provider, {
      ...CALLBACK,
      serviceAccountFile: await serviceAccountFile(),
      domainToAdminEmail: { "*": "admin@example.com" },
    });
    return {
      provider,
      connector: createGoogleConnector(vendorDeps({ fetch }), { ...PLACE, upstream }, {}),
      identity: {
        userId: "id-of-alice",
        username: "Alice Example",
        preferredUsername: "",
        email: "alice@example.com",
        emailVerified: true,
        groups: ["staff", "admins"],
      },
      signIn: (url) => provider.authorize(new URL(url.href.replace("https://accounts.google.com", provider.issuer))),
      changeGroups: (changed) => void (groups = changed),
      changeSubject: () => void (alice.sub = "id-of-somebody-else"),
      setReachable: (reachable) => void (provider.settings.down = !reachable),
      revoke: () => provider.revokeRefreshTokens(),
      stop,
    };
  },
  bindsCodes: false, // dex sends Google neither a nonce nor a challenge
  hostile: {
    ...FORGED_ID_TOKENS,
    "an ID token that does not fit the access token": bendClaims({ at_hash: "AAAAAAAAAAAAAAAAAAAAAA" }),
    "a text that says whether the address is verified": bendClaims({ email_verified: "true" }),
    "an answer without an ID token": bendSettings({ tokenClaims: { id_token: undefined } }),
  },
  hostileAtRefresh: FORGED_ID_TOKENS,
  tolerated: {
    "its older issuer": bendClaims({ iss: "accounts.google.com" }),
    "a new key": ({ provider }) => provider.rotateKeys(),
    "credentials in the body only": bendSettings({ authentication: "post" }),
  },
});
