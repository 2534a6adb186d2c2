import type {
  BitbucketCloudUpstream,
  GiteaUpstream,
  GithubUpstream,
  GitlabUpstream,
} from "../../src/config/dex-vendor-configuration.ts";
import { createBitbucketConnector } from "../../src/connector/federated/bitbucket-cloud/bitbucket-connector.ts";
import { createGiteaConnector } from "../../src/connector/federated/gitea/gitea-connector.ts";
import { createGithubConnector } from "../../src/connector/federated/github/github-connector.ts";
import { createGitlabConnector } from "../../src/connector/federated/gitlab/gitlab-connector.ts";
import { createLinkedinConnector } from "../../src/connector/federated/linkedin/linkedin-connector.ts";
import type { RedirectConnector } from "../../src/connector/connector.ts";
import type { Identity } from "../../src/protocol/identity.ts";
import { Secret } from "../../src/protocol/secret.ts";
import type { FakeAnswer } from "../support/fake-vendor.ts";
import { startVendorSite, VENDOR_CLIENT, type VendorSite } from "../support/vendor-site.ts";
import { redirectConnectorSuite, type RedirectUpstream } from "./connector-suite.ts";

interface VendorUpstream extends RedirectUpstream {
  readonly site: VendorSite;
}

type Bend = (upstream: VendorUpstream) => unknown;

const CLIENT = {
  clientId: VENDOR_CLIENT.id,
  clientSecret: new Secret(VENDOR_CLIENT.secret),
  redirectUri: "http://127.0.0.1:1/callback",
};
const PLACE = { id: "corp", name: "Corp" };

function upstreamOf(
  site: VendorSite,
  connector: RedirectConnector,
  told: Pick<Identity, "userId" | "username" | "preferredUsername">,
  groupsOf: (groups: readonly string[]) => readonly string[] = (groups) => groups,
): VendorUpstream {
  return {
    site,
    connector,
    groupsOf,
    identity: {
      ...told,
      email: "alice@example.com",
      emailVerified: true,
      groups: groupsOf(["staff", "admins"]),
    },
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

/** Whatever vendor it is: wrong answers about the person, of which no login and no renewal may come. */
function wrongAnswers(user: string, list: string, more: Readonly<Record<string, Bend>>): Record<string, Bend> {
  return {
    "a user without an id": answers(`GET ${user}`, {
      body: { login: "alice", username: "alice", email: "a@b.example" },
    }),
    "a user whose id is of another type": answers(`GET ${user}`, { body: { id: [7], uuid: 7, login: "alice" } }),
    "a user that is a list": answers(`GET ${user}`, { body: [] }),
    "a user that is no JSON": answers(`GET ${user}`, { body: "<html>" }),
    "a user that is not there": answers(`GET ${user}`, { status: 404 }),
    "a list that is not one": answers(`GET ${list}`, {
      body: '{"values": {"a": 1}, "elements": 7, "groups": "admins"}',
    }),
    "a list of texts": answers(`GET ${list}`, { body: '{"values": ["a"], "elements": ["a"], "groups": [1]}' }),
    ...more,
  };
}

const tolerated: Record<string, Bend> = {
  "credentials in the body only": ({ site }) => void (site.settings.accepts = "post"),
  "credentials in the header only": ({ site }) => void (site.settings.accepts = "basic"),
  "no token type": ({ site }) => void (site.settings.tokenAnswer = { token_type: undefined }),
  "a token type in capitals": ({ site }) => void (site.settings.tokenAnswer = { token_type: "BEARER" }),
  "a lifetime as text": ({ site }) => void (site.settings.tokenAnswer = { expires_in: "3600" }),
  "no lifetime": ({ site }) => void (site.settings.tokenAnswer = { expires_in: undefined }),
  "no refresh token": ({ site }) => void (site.settings.tokenAnswer = { refresh_token: undefined }),
};

const foreignToken: Record<string, Bend> = {
  "a token that is not a bearer token": ({ site }) => void (site.settings.tokenAnswer = { token_type: "DPoP" }),
};

interface Vendor {
  readonly start: () => Promise<VendorUpstream>;
  readonly wrong: Record<string, Bend>;
}

const GITHUB: GithubUpstream = {
  type: "github",
  ...CLIENT,
  org: "",
  orgs: [],
  hostName: "",
  teamNameField: "name",
  loadAllGroups: true,
  useLoginAsId: false,
  preferredEmailDomain: "",
};

async function startGithub(): Promise<VendorUpstream> {
  const site = await startVendorSite("/login/oauth/access_token", (person) => ({
    "GET /user": () => ({ body: { login: "octocat", id: person.id, name: "The Octocat", email: "alice@example.com" } }),
    "GET /user/orgs": () => ({ body: person.groups.map((login) => ({ login, id: 1 })) }),
    "GET /user/teams": { body: [] },
  }));
  const connector = createGithubConnector(site.deps, { ...PLACE, upstream: GITHUB });
  return upstreamOf(site, connector, { userId: "4711", username: "The Octocat", preferredUsername: "octocat" });
}

const GITLAB: GitlabUpstream = {
  type: "gitlab",
  ...CLIENT,
  baseUrl: "https://gitlab.example.com",
  groups: [],
  useLoginAsId: false,
  getGroupsPermission: false,
  inheritedGroups: false,
};

async function startGitlab(): Promise<VendorUpstream> {
  const site = await startVendorSite("/oauth/token", (person) => ({
    "GET /api/v4/user": () => ({
      body: { id: person.id, username: "alice", name: "Alice Example", state: "active", email: "alice@example.com" },
    }),
    "GET /oauth/userinfo": () => ({ body: { sub: String(person.id), groups: person.groups } }),
  }));
  const connector = createGitlabConnector(site.deps, { ...PLACE, upstream: GITLAB });
  return upstreamOf(site, connector, { userId: "4711", username: "Alice Example", preferredUsername: "alice" });
}

const GITEA: GiteaUpstream = {
  type: "gitea",
  ...CLIENT,
  baseUrl: "https://gitea.example.com",
  orgs: [],
  loadAllGroups: true,
  useLoginAsId: false,
};

async function startGitea(): Promise<VendorUpstream> {
  const site = await startVendorSite("/login/oauth/access_token", (person) => ({
    "GET /api/v1/user": () => ({
      body: { id: person.id, login: "alice", full_name: "Alice Example", email: "alice@example.com", is_admin: false },
    }),
    "GET /api/v1/user/teams?page=1&limit=20": () => ({
      body: person.groups.map((username, id) => ({
        id,
        name: "Owners",
        organization: { id, username, name: username },
      })),
    }),
    "GET /api/v1/user/teams": { body: [] },
  }));
  const connector = createGiteaConnector(site.deps, { ...PLACE, upstream: GITEA });
  const told = { userId: "4711", username: "Alice Example", preferredUsername: "alice" };
  return upstreamOf(site, connector, told, (groups) => groups.flatMap((name) => [name, `${name}:Owners`]));
}

const BITBUCKET: BitbucketCloudUpstream = {
  type: "bitbucket-cloud",
  ...CLIENT,
  teams: [],
  getWorkspacePermissions: false,
};

async function startBitbucket(): Promise<VendorUpstream> {
  const address = { email: "alice@example.com", is_primary: true, is_confirmed: true, type: "email" };
  const site = await startVendorSite("/site/oauth2/access_token", (person) => ({
    "GET /2.0/user": () => ({ body: { type: "user", username: "alice", uuid: `{${person.id}}` } }),
    "GET /2.0/user/emails": { body: { pagelen: 10, size: 1, page: 1, values: [address] } },
    "GET /2.0/user/workspaces": () => ({
      body: { pagelen: 10, values: person.groups.map((slug) => ({ type: "workspace_access", workspace: { slug } })) },
    }),
  }));
  const connector = createBitbucketConnector(site.deps, { ...PLACE, upstream: BITBUCKET });
  return upstreamOf(site, connector, { userId: "{4711}", username: "alice", preferredUsername: "" });
}

async function startLinkedin(): Promise<VendorUpstream> {
  const site = await startVendorSite("/oauth/v2/accessToken", (person) => ({
    "GET /v2/me": () => ({
      body: { id: `id-${person.id}`, localizedFirstName: "Alice", localizedLastName: "Example" },
    }),
    "GET /v2/emailAddress": {
      body: { elements: [{ handle: "urn:li:emailAddress:1", "handle~": { emailAddress: "alice@example.com" } }] },
    },
  }));
  const connector = createLinkedinConnector(site.deps, { ...PLACE, upstream: { type: "linkedin", ...CLIENT } });
  const told = { userId: "id-4711", username: "Alice Example", preferredUsername: "" };
  return upstreamOf(site, connector, told, () => []);
}

const elsewhere = (route: string): Bend =>
  answers(`GET ${route}`, {
    body: { values: [], next: "https://elsewhere.example/steal" },
    headers: { Link: '<https://elsewhere.example/steal>; rel="next", <https://elsewhere.example/x>; rel="last"' },
  });
const listElsewhere = (route: string): Bend =>
  answers(`GET ${route}`, {
    body: [],
    headers: { Link: '<https://elsewhere.example/steal>; rel="next", <https://elsewhere.example/x>; rel="last"' },
  });

const VENDORS: Record<string, Vendor> = {
  github: {
    start: startGithub,
    wrong: wrongAnswers("/user", "/user/orgs", { "a next page at another server": listElsewhere("/user/teams") }),
  },
  gitlab: { start: startGitlab, wrong: wrongAnswers("/api/v4/user", "/oauth/userinfo", {}) },
  gitea: {
    start: startGitea,
    wrong: wrongAnswers("/api/v1/user", "/api/v1/user/teams?page=1&limit=20", {
      "a list that never ends": answers("GET /api/v1/user/teams", {
        body: [{ name: "a", organization: { username: "b" } }],
      }),
      "a team of no organisation": answers("GET /api/v1/user/teams?page=1&limit=20", {
        body: [{ name: "a", organization: null }],
      }),
    }),
  },
  "bitbucket-cloud": {
    start: startBitbucket,
    wrong: wrongAnswers("/2.0/user", "/2.0/user/workspaces", {
      "a next page at another server": elsewhere("/2.0/user/workspaces"),
    }),
  },
  linkedin: { start: startLinkedin, wrong: wrongAnswers("/v2/me", "/v2/emailAddress", {}) },
};

for (const [name, { start, wrong }] of Object.entries(VENDORS)) {
  redirectConnectorSuite<VendorUpstream>(`${name} in dex's rules`, {
    start,
    bindsCodes: false, // dex sends these vendors neither a nonce nor a challenge
    hostile: { ...wrong, ...foreignToken },
    hostileAtRefresh: wrong,
    tolerated,
  });
}
