import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { failureOf, reasonOf } from "../../../../test/support/fake-vendor.ts";
import { HAS_SLAPD, startLdapServer } from "../../../../test/support/ldap-server.ts";
import {
  CERTIFICATE,
  type Changes,
  ENTRIES,
  JANE,
  type LdapUsers,
  startLdapUsers,
} from "../../../../test/support/ldap-users.ts";
import { selfSigned } from "../../../../test/support/self-signed.ts";
import type { LdapUpstream } from "../../../config/dex-connector-configuration.ts";
import { Secret } from "../../../protocol/secret.ts";

const MEMBER = { userAttr: "DN", groupAttr: "member", recursionGroupAttr: "" };

/** User name and password. */
type Typed = [string, string];

describe.skipIf(!HAS_SLAPD)("users of OpenLDAP", () => {
  let users: LdapUsers;
  const make: LdapUsers["make"] = (...args) => users.make(...args);
  const signIn: LdapUsers["signIn"] = (...args) => users.signIn(...args);
  const identityOf: LdapUsers["identityOf"] = (...args) => users.identityOf(...args);
  beforeAll(async () => {
    users = await startLdapUsers();
  });
  afterAll(() => users.server.stop());

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
    const overTls = (changes: Changes): Changes => ({ security: "tls", port: users.server.tlsPort, ...changes });
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
});
