import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Attribute, Change } from "ldapts";

import { failureOf } from "../../../../test/support/fake-vendor.ts";
import { HAS_SLAPD } from "../../../../test/support/ldap-server.ts";
import { type Changes, JANE, type LdapUsers, startLdapUsers } from "../../../../test/support/ldap-users.ts";
import type { Login } from "../../../protocol/identity.ts";
import { Secret } from "../../../protocol/secret.ts";

describe.skipIf(!HAS_SLAPD)("users of OpenLDAP", () => {
  let users: LdapUsers;
  const make: LdapUsers["make"] = (...args) => users.make(...args);
  const signIn: LdapUsers["signIn"] = (...args) => users.signIn(...args);
  const identityOf: LdapUsers["identityOf"] = (...args) => users.identityOf(...args);
  beforeAll(async () => {
    users = await startLdapUsers();
  });
  afterAll(() => users.server.stop());

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
      await users.server.change((client) =>
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
