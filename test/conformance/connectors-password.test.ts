import { describe } from "bun:test";
import { Attribute, Change } from "ldapts";

import { createCrowdConnector } from "../../src/connector/federated/atlassian-crowd/crowd-connector.ts";
import { createKeystoneConnector } from "../../src/connector/federated/keystone/keystone-connector.ts";
import { createLdapConnector } from "../../src/connector/federated/ldap/ldap-connector.ts";
import type { Identity } from "../../src/protocol/identity.ts";
import { Secret } from "../../src/protocol/secret.ts";
import { type FakeAnswer, startFakeVendor } from "../support/fake-vendor.ts";
import { BASE_ENTRIES, HAS_SLAPD, ldapUpstream, startLdapServer } from "../support/ldap-server.ts";
import { passwordConnectorSuite, type PasswordUpstream } from "./connector-suite.ts";

const NAMES = { id: "corp", name: "Corp" };
const ALICE: Identity = {
  userId: "id-of-alice",
  username: "alice",
  preferredUsername: "",
  email: "alice@example.com",
  emailVerified: true,
  groups: ["staff", "admins"],
};
const PASSWORD = "pässword * (right)";

const ENTRIES = `${BASE_ENTRIES}dn: cn=alice,ou=People,dc=example,dc=org
objectClass: inetOrgPerson
cn: alice
sn: Example
uid: id-of-alice
mail: alice@example.com
userPassword: ${PASSWORD}

dn: cn=staff,ou=Groups,dc=example,dc=org
objectClass: groupOfNames
cn: staff
member: cn=alice,ou=People,dc=example,dc=org

dn: cn=admins,ou=Groups,dc=example,dc=org
objectClass: groupOfNames
cn: admins
member: cn=alice,ou=People,dc=example,dc=org
`;

async function startLdap(): Promise<PasswordUpstream> {
  const server = await startLdapServer({ ldif: ENTRIES });
  let time = Date.now() / 1000;
  const base = ldapUpstream(server.port);
  const userSearch = { ...base.userSearch, username: ["uid", "mail"], idAttr: "uid" };
  const connector = createLdapConnector({ clock: () => time }, { ...NAMES, upstream: { ...base, userSearch } });
  const nobody = new Change({
    operation: "replace",
    modification: new Attribute({ type: "member", values: ["cn=nobody,ou=People,dc=example,dc=org"] }),
  });
  return {
    connector,
    identity: ALICE,
    username: "Alice@Example.com",
    password: PASSWORD,
    changeGroups: (groups) =>
      server.change(async (client) => {
        for (const group of ALICE.groups.filter((name) => !groups.includes(name))) {
          await client.modify(`cn=${group},ou=Groups,dc=example,dc=org`, nobody);
        }
      }),
    removeUser: () => server.change((client) => client.del("cn=alice,ou=People,dc=example,dc=org")),
    wait: (seconds) => void (time += seconds),
    stop: () => server.stop(),
  };
}

const ADMINISTRATOR = { name: "gatehouse", password: "administrator's" };

async function startKeystone(): Promise<PasswordUpstream> {
  let time = Date.now() / 1000;
  let groups = ALICE.groups;
  let exists = true;
  const user = { id: ALICE.userId, name: ALICE.username, email: ALICE.email, enabled: true };
  const notFound = { status: 404, body: { error: { code: 404 } } };
  const vendor = await startFakeVendor({
    "POST /v3/auth/tokens/": ({ body }): FakeAnswer => {
      const { name, password } = JSON.parse(body).auth.identity.password.user;
      const isAdministrator = name === ADMINISTRATOR.name && password === ADMINISTRATOR.password;
      if (!isAdministrator && !(name === ALICE.username && password === PASSWORD)) {
        return { status: 401, body: { error: { code: 401, title: "Unauthorized" } } };
      }
      const id = isAdministrator ? "id-of-gatehouse" : ALICE.userId;
      return { status: 201, body: { token: { user: { id, name } } }, headers: { "X-Subject-Token": "a-token" } };
    },
    [`GET /v3/users/${ALICE.userId}`]: () => (exists ? { body: { user } } : notFound),
    [`GET /v3/users/${ALICE.userId}/groups`]: () => ({ body: { groups: groups.map((name) => ({ id: name, name })) } }),
  });
  const { name: username, password } = ADMINISTRATOR;
  const upstream = { host: vendor.url, domain: "default", username, password: new Secret(password) };
  return {
    connector: createKeystoneConnector(
      { clock: () => time, fetch },
      { ...NAMES, upstream: { type: "keystone", ...upstream } },
    ),
    identity: ALICE,
    username: ALICE.username,
    password: PASSWORD,
    changeGroups: (changed) => void (groups = changed),
    removeUser: () => void (exists = false),
    wait: (seconds) => void (time += seconds),
    stop: () => vendor.stop(),
  };
}

async function startCrowd(): Promise<PasswordUpstream> {
  let time = Date.now() / 1000;
  let groups = ALICE.groups;
  let exists = true;
  const api = "/crowd/rest/usermanagement/1";
  const user = { key: ALICE.userId, name: ALICE.username, email: ALICE.email, active: true };
  const refused = { status: 400, body: { reason: "INVALID_USER_AUTHENTICATION", message: "Failed to authenticate" } };
  const vendor = await startFakeVendor({
    [`POST ${api}/session?validate-password=false`]: () => ({ status: 201, body: { token: "t" } }),
    [`POST ${api}/session`]: ({ body }): FakeAnswer => {
      const { username, password } = JSON.parse(body);
      const isRight = username === ALICE.username && password === PASSWORD;
      return isRight ? { status: 201, body: { token: "t" } } : refused;
    },
    [`GET ${api}/user`]: () => (exists ? { body: user } : { status: 404, body: { reason: "USER_NOT_FOUND" } }),
    [`GET ${api}/user/group/nested`]: () => ({ body: { groups: groups.map((name) => ({ name })) } }),
  });
  return {
    connector: createCrowdConnector(
      { clock: () => time, fetch },
      {
        ...NAMES,
        upstream: {
          type: "atlassian-crowd",
          baseUrl: `${vendor.url}/crowd`,
          clientId: "gatehouse",
          clientSecret: new Secret("a secret & more"),
          groups: [],
          preferredUsernameField: "",
          usernamePrompt: "",
        },
      },
    ),
    identity: ALICE,
    username: ALICE.username,
    password: PASSWORD,
    changeGroups: (changed) => void (groups = changed),
    removeUser: () => void (exists = false),
    wait: (seconds) => void (time += seconds),
    stop: () => vendor.stop(),
  };
}

passwordConnectorSuite("keystone", startKeystone);
passwordConnectorSuite("atlassian-crowd", startCrowd);
describe.skipIf(!HAS_SLAPD)("with OpenLDAP", () => {
  passwordConnectorSuite("ldap", startLdap);
});
