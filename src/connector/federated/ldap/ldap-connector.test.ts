import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Attribute, Change } from "ldapts";

import { failureOf, reasonOf } from "../../../../test/support/fake-vendor.ts";
import {
  BASE_ENTRIES,
  GROUP_SEARCH,
  HAS_SLAPD,
  type LdapServer,
  ldapUpstream,
  startLdapServer,
  USER_SEARCH,
} from "../../../../test/support/ldap-server.ts";
import { selfSigned } from "../../../../test/support/self-signed.ts";
import type { LdapUpstream } from "../../../config/dex-connector-configuration.ts";
import type { Login } from "../../../protocol/identity.ts";
import { Secret } from "../../../protocol/secret.ts";
import type { PasswordConnector } from "../../connector.ts";
import { createLdapConnector } from "./ldap-connector.ts";

const ENTRIES = `${BASE_ENTRIES}dn: ou=Seattle,ou=People,dc=example,dc=org
objectClass: organizationalUnit
ou: Seattle

dn: cn=jane,ou=People,dc=example,dc=org
objectClass: inetOrgPerson
sn: doe
cn: jane
uid: jdoe
mail: janedoe@example.com
displayName: Jane <D> & co
departmentNumber: 1000
userPassword: foo

dn: cn=john,ou=Seattle,ou=People,dc=example,dc=org
objectClass: inetOrgPerson
sn: doe
cn: john
uid: john
mail: johndoe@example.com
userPassword: bar

dn: cn=nomail,ou=People,dc=example,dc=org
objectClass: inetOrgPerson
sn: mail
cn: nomail
uid: nomail
userPassword: baz

dn: cn=Doe\\, Jürgen (x),ou=People,dc=example,dc=org
objectClass: inetOrgPerson
sn: J
cn: Doe, Jürgen (x)
uid: jue(r)gen
mail: juergen@example.com
userPassword: päss*

dn: cn=twin1,ou=People,dc=example,dc=org
objectClass: inetOrgPerson
sn: t
cn: twin1
uid: twin
mail: t1@example.com
userPassword: t

dn: cn=twin2,ou=People,dc=example,dc=org
objectClass: inetOrgPerson
sn: t
cn: twin2
uid: twin
mail: t2@example.com
userPassword: t

dn: cn=admins,ou=Groups,dc=example,dc=org
objectClass: groupOfNames
cn: admins
member: cn=john,ou=Seattle,ou=People,dc=example,dc=org
member: cn=jane,ou=People,dc=example,dc=org

dn: cn=developers,ou=Groups,dc=example,dc=org
objectClass: groupOfNames
cn: developers
member: cn=jane,ou=People,dc=example,dc=org
member: cn=Doe\\, Jürgen (x),ou=People,dc=example,dc=org
member: cn=everyone,ou=Groups,dc=example,dc=org

dn: cn=everyone,ou=Groups,dc=example,dc=org
objectClass: groupOfNames
cn: everyone
member: cn=developers,ou=Groups,dc=example,dc=org
member: cn=admins,ou=Groups,dc=example,dc=org

dn: cn=unix,ou=Groups,dc=example,dc=org
objectClass: posixGroup
cn: unix
gidNumber: 100
memberUid: jdoe
memberUid: jue(r)gen
`;

const JANE = "cn=jane,ou=People,dc=example,dc=org";
const CERTIFICATE = selfSigned("directory", ["localhost"]);
const MEMBER = { userAttr: "DN", groupAttr: "member", recursionGroupAttr: "" };

type Changes = Partial<Omit<LdapUpstream, "userSearch" | "groupSearch">> & {
  readonly user?: Partial<LdapUpstream["userSearch"]>;
  readonly group?: Partial<LdapUpstream["groupSearch"]>;
};

/** User name and password. */
type Typed = [string, string];

describe.skipIf(!HAS_SLAPD)("users of OpenLDAP", () => {
  let server: LdapServer;
  beforeAll(async () => {
    server = await startLdapServer({ ldif: ENTRIES, tls: CERTIFICATE });
  });
  afterAll(() => server.stop());

  const make = ({ user, group, ...changed }: Changes = {}): PasswordConnector => {
    const searches = { userSearch: { ...USER_SEARCH, ...user }, groupSearch: { ...GROUP_SEARCH, ...group } };
    const upstream = { ...ldapUpstream(server.port), ...searches, ...changed };
    return createLdapConnector({ clock: () => Date.now() / 1000 }, { id: "ldap", name: "LDAP", upstream });
  };
  const signIn = (changes: Changes = {}, username = "jdoe", password = "foo"): Promise<Login | undefined> =>
    make(changes).login({ username, password, clientAddress: "192.0.2.1" });
  const identityOf = async (...args: Parameters<typeof signIn>) => (await signIn(...args))?.identity;

  describe("are found", () => {
    test.each<[string, Changes, Typed, object]>([
      ["by uid", {}, ["jdoe", "foo"], { userId: JANE, username: "jane", email: "janedoe@example.com" }],
      ["whatever the case", {}, ["JDoe", "foo"], { userId: JANE }],
      ["by a name with special characters, once escaped", {}, ["jue(r)gen", "päss*"], { email: "juergen@example.com" }],
      [
        "by any of several attributes",
        { user: { username: ["uid", "mail"] } },
        ["janedoe@example.com", "foo"],
        { userId: JANE },
      ],
      ["by an attribute as id", { user: { idAttr: "uid" } }, ["jdoe", "foo"], { userId: "jdoe" }],
      [
        "whatever the case of an attribute's name",
        { user: { idAttr: "UID", emailAttr: "MAIL" } },
        ["jdoe", "foo"],
        { userId: "jdoe" },
      ],
      [
        "with a preferred user name",
        { user: { preferredUsernameAttr: "uid" } },
        ["jdoe", "foo"],
        { preferredUsername: "jdoe" },
      ],
      [
        "with an address made of the name",
        { user: { emailAttr: "", emailSuffix: "suffix.test" } },
        ["jdoe", "foo"],
        { email: "jane@suffix.test" },
      ],
      ["without a name when none is configured", { user: { nameAttr: "" } }, ["jdoe", "foo"], { username: "" }],
      ["by a filter", { user: { filter: "(departmentNumber=1000)" } }, ["jdoe", "foo"], { userId: JANE }],
      ["by a filter on the name", { user: { filter: "(ou:dn:=Seattle)" } }, ["john", "bar"], { username: "john" }],
      ["as anybody sees them", { bindDn: "", bindPassword: new Secret("") }, ["jdoe", "foo"], { userId: JANE }],
    ])("%s", async (_name, changes, typed, expected) => {
      expect(await identityOf(changes, ...typed)).toMatchObject({ ...expected, emailVerified: true });
    });

    test.each<[string, Changes, Typed]>([
      ["with another password", {}, ["jdoe", "bar"]],
      ["when the filter leaves them out", { user: { filter: "(departmentNumber=1000)" } }, ["john", "bar"]],
      ["below the only level that is searched", { user: { scope: "one" } }, ["john", "bar"]],
      ["by something that is no attribute of theirs", { user: { username: ["givenName"] } }, ["jdoe", "foo"]],
    ])("not %s", async (_name, changes, typed) => {
      expect(await signIn(changes, ...typed)).toBeUndefined();
    });

    test.each<[string, Changes, Typed, RegExp]>([
      ["a user name that two have", {}, ["twin", "t"], /"twin" is the user name of several entries/],
      ["an entry without the address", {}, ["nomail", "baz"], /no value of the attribute\(s\) \["mail"\]/],
      [
        "an entry without an id and a name",
        { user: { idAttr: "employeeNumber", nameAttr: "title" } },
        ["jdoe", "foo"],
        /\["employeeNumber","title"\]/,
      ],
      [
        "a group without a name",
        { group: { nameAttr: "description" } },
        ["jdoe", "foo"],
        /the group cn=\w+,ou=Groups.* "?description"?/,
      ],
    ])("never for %s", async (_name, changes, typed, reason) => {
      const error = await failureOf(signIn(changes, ...typed));
      expect(error).toMatchObject({ reason: "untrusted", status: 403 });
      expect(reasonOf(error)).toMatch(reason);
    });
  });

  describe("are in groups", () => {
    const matchers = (...userMatchers: readonly LdapUpstream["groupSearch"]["userMatchers"][number][]): Changes => ({
      group: { userMatchers },
    });
    const nested = { ...MEMBER, recursionGroupAttr: "member" };
    const byUid = { userAttr: "uid", groupAttr: "memberUid", recursionGroupAttr: "" };
    test.each<[string, Changes, readonly string[]]>([
      ["that name their entry", {}, ["admins", "developers"]],
      ["that match by any of several attributes, in order", matchers(byUid, MEMBER), ["unix", "admins", "developers"]],
      ["twice when two matchers find them", matchers(MEMBER, MEMBER), ["admins", "developers", "admins", "developers"]],
      ["of groups, level by level and in circles", matchers(nested), ["admins", "developers", "everyone"]],
      ["of groups, behind others", matchers(byUid, nested), ["unix", "admins", "developers", "everyone"]],
      ["of a filter", { group: { filter: "(cn=admins)" } }, ["admins"]],
      [
        "of their own entry",
        { group: { baseDn: "dc=example,dc=org", userMatchers: [{ ...byUid, groupAttr: "uid" }] } },
        ["jane"],
      ],
      ["nowhere, without a base", { group: { baseDn: "" } }, []],
      ["nowhere, below a base that does not exist", { group: { baseDn: "ou=gone,dc=example,dc=org" } }, []],
      ["nowhere, without a matcher", matchers({ userAttr: "", groupAttr: "", recursionGroupAttr: "" }), []],
    ])("%s", async (_name, changes, groups) => {
      expect((await identityOf(changes))?.groups).toEqual(groups);
    });

    test("with names that need escaping", async () => {
      const found = await identityOf(matchers(byUid, MEMBER), "jue(r)gen", "päss*");
      expect(found?.groups).toEqual(["unix", "developers"]);
    });

    test("that nobody asks for when the client does not", async () => {
      const wants = { groups: false, offlineAccess: false };
      const login = await make().login({ username: "jdoe", password: "foo", clientAddress: "", wants });
      expect(login).toMatchObject({ identity: { groups: [] } });
      expect(login?.connectorData).toBeUndefined();
    });
  });

  describe("are asked for over", () => {
    const trusted = { rootCa: CERTIFICATE.certificate };
    const overTls = (changes: Changes): Changes => ({ security: "tls", port: server.tlsPort, ...changes });
    const overStartTls = (changes: Changes): Changes => ({ security: "starttls", ...changes });
    for (const [name, over] of [
      ["TLS", overTls],
      ["StartTLS", overStartTls],
    ] as const) {
      test(`${name}, with the configured authority`, async () => {
        expect(await identityOf(over(trusted))).toMatchObject({ userId: JANE });
        expect(await identityOf(over({ ...trusted, host: "localhost" }))).toMatchObject({ userId: JANE });
      });

      test(`${name}, without looking at the certificate when told so`, async () => {
        expect(await identityOf(over({ insecureSkipVerify: true }))).toMatchObject({ userId: JANE });
      });

      test(`${name}, never with a certificate of somebody else`, async () => {
        for (const changes of [{}, { rootCa: selfSigned("another").certificate }]) {
          const error = await failureOf(signIn(over(changes)));
          expect(error).toMatchObject({ reason: "unreachable", status: 503 });
          expect(reasonOf(error)).toContain("self signed certificate");
        }
      });
    }

    test.each(["tls", "starttls"] as const)("%s, never with a certificate for another host", async (security) => {
      const wrong = selfSigned("directory", ["ldap.example.com"]);
      const other = await startLdapServer({ ldif: ENTRIES, tls: wrong });
      const port = security === "tls" ? other.tlsPort : other.port;
      const error = await failureOf(signIn({ security, port, host: "localhost", rootCa: wrong.certificate }));
      await other.stop();
      expect(reasonOf(error)).toContain("does not match certificate");
    });

    test.each(["tls", "starttls"] as const)("%s, with a certificate of our own", async (security) => {
      const client = selfSigned("gatehouse");
      const strict = await startLdapServer({ ldif: ENTRIES, tls: CERTIFICATE, clientAuthority: client.certificate });
      const port = security === "tls" ? strict.tlsPort : strict.port;
      const shown = { clientCertificate: client.certificate, clientKey: new Secret(client.key) };
      expect(await identityOf({ ...trusted, security, port, ...shown })).toMatchObject({ userId: JANE });
      expect(await failureOf(signIn({ ...trusted, security, port }))).toMatchObject({ reason: "unreachable" });
      await strict.stop();
    });

    test.each<[string, () => Changes, RegExp]>([
      ["nothing, when nobody listens", () => ({ port: 1 }), /ECONNREFUSED/],
      [
        "nothing, when the service's password is wrong",
        () => ({ bindPassword: new Secret("x") }),
        /cannot bind as cn=admin/,
      ],
      ["nothing, when the service has no password", () => ({ bindPassword: new Secret("") }), /bindPW is empty/],
      ["nothing, when the filter is none", () => ({ user: { filter: "uid=*" } }), /filter uid=\* cannot be understood/],
      ["nothing, when the base is gone", () => ({ user: { baseDn: "ou=gone,dc=example,dc=org" } }), /./],
    ])("%s", async (_name, changes, reason) => {
      const error = await failureOf(signIn(changes()));
      expect(error).toMatchObject({ reason: "unreachable", status: 503 });
      expect(reasonOf(error)).toMatch(reason);
    });
  });

  describe("are kept for a renewal", () => {
    const stored = (identity: Login["identity"], data: unknown): Login => ({
      identity,
      tokens: {},
      connectorData: Buffer.from(JSON.stringify(data)),
    });

    test("in dex's form", async () => {
      const login = await signIn({ user: { nameAttr: "displayName" } });
      const attribute = (Name: string, value: string): object => ({
        Name,
        Values: [value],
        ByteValues: [Buffer.from(value).toString("base64")],
      });
      const text = Buffer.from(login?.connectorData ?? []).toString();
      expect(text).toContain('"Jane \\u003cD\\u003e \\u0026 co"');
      expect(JSON.parse(text)).toEqual({
        username: "jdoe",
        entry: {
          DN: JANE,
          Attributes: [
            attribute("uid", "jdoe"),
            attribute("mail", "janedoe@example.com"),
            attribute("displayName", "Jane <D> & co"),
          ],
        },
      });
    });

    test("of ours and of dex's", async () => {
      const login = await signIn();
      const identity = login?.identity ?? expect.unreachable();
      const dexs = {
        username: "jdoe",
        entry: { DN: JANE, Attributes: [{ Name: "cn", Values: ["jane"], ByteValues: null }] },
      };
      expect(await make().refresh?.(stored({ ...identity, groups: [] }, dexs))).toMatchObject({ identity });
      expect(await make().refresh?.(login ?? expect.unreachable())).toEqual(login ?? expect.unreachable());
    });

    test("under a name that is written otherwise by now", async () => {
      const identity = { ...((await identityOf()) ?? expect.unreachable()), userId: JANE.toUpperCase() };
      const renewed = await make().refresh?.(stored(identity, { username: "jdoe", entry: { DN: JANE.toUpperCase() } }));
      expect(renewed?.identity.userId).toBe(JANE.toUpperCase());
    });

    const DATA = { username: "jdoe", entry: { DN: JANE } };
    const refuse = (changes: Changes, previous: Login) =>
      failureOf(make(changes).refresh?.(previous) ?? expect.unreachable());

    test.each<[string, Changes, unknown]>([
      ["somebody else", {}, { ...DATA, username: "john" }],
      ["nobody", {}, { ...DATA, username: "nobody" }],
      ["another entry of the same name", { user: { idAttr: "uid" } }, DATA],
      ["somebody whom the filter leaves out by now", { user: { filter: "(departmentNumber=2)" } }, DATA],
      ["nothing that can be read", {}, []],
    ])("but not of %s", async (_name, changes, data) => {
      const identity = (await identityOf()) ?? expect.unreachable();
      expect(await refuse(changes, stored(identity, data))).toMatchObject({ reason: "revoked" });
    });

    test("but not of a login that stored nothing", async () => {
      const identity = (await identityOf()) ?? expect.unreachable();
      expect(await refuse({}, { identity, tokens: {} })).toMatchObject({ reason: "revoked" });
    });

    test.each<[string, Changes]>([
      ["is down", { port: 1 }],
      ["does not know the service", { bindPassword: new Secret("x") }],
      ["has no address of theirs any more", { user: { emailAttr: "title" } }],
      ["has several of that name", { user: { filter: "(|(objectClass=*))", username: ["objectClass"] } }],
    ])("and not ended because the directory %s", async (_name, changes) => {
      const identity = (await identityOf()) ?? expect.unreachable();
      const data = changes.user?.username === undefined ? DATA : { ...DATA, username: "inetOrgPerson" };
      expect(await refuse(changes, stored(identity, data))).toMatchObject({ reason: "unreachable" });
    });

    test("with new groups and attributes", async () => {
      const login = (await signIn({}, "john", "bar")) ?? expect.unreachable();
      const modification = new Attribute({ type: "mail", values: ["new@example.com"] });
      await server.change((client) =>
        client.modify(
          "cn=john,ou=Seattle,ou=People,dc=example,dc=org",
          new Change({ operation: "replace", modification }),
        ),
      );
      const renewed = await make().refresh?.(login, { groups: false, offlineAccess: true });
      expect(renewed).toMatchObject({ identity: { email: "new@example.com", groups: [] } });
      expect(renewed?.connectorData).toEqual(login.connectorData ?? expect.unreachable());
    });
  });
});
