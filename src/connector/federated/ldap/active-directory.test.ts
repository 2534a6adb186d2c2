import { afterEach, describe, expect, test } from "bun:test";

import { failureOf, reasonOf } from "../../../../test/support/fake-vendor.ts";
import { GROUP_SEARCH, ldapUpstream, USER_SEARCH } from "../../../../test/support/ldap-server.ts";
import {
  type Script,
  type ScriptedDirectory,
  type ScriptedEntry,
  startScriptedDirectory,
} from "../../../../test/support/scripted-directory.ts";
import { until } from "../../../../test/support/until.ts";
import type { LdapUpstream } from "../../../config/dex-connector-configuration.ts";
import type { PasswordConnector } from "../../connector.ts";
import { createLdapConnector } from "./ldap-connector.ts";

/** As Active Directory writes a name with a comma, and the group that it is in. */
const JANE = "CN=Doe\\, Jane,CN=Users,DC=ad,DC=example";
const GUID = Buffer.from("33221100554477668899aabbccddeeff", "hex");
const USERS = "CN=Users,DC=ad,DC=example";
const INVALID_CREDENTIALS = 49;

let directory: ScriptedDirectory | undefined;
afterEach(() => directory?.stop());

function start(script: Script, changed: Partial<LdapUpstream> = {}): PasswordConnector {
  directory = startScriptedDirectory(script);
  const upstream = ldapUpstream(directory.port, {
    userSearch: {
      ...USER_SEARCH,
      baseDn: USERS,
      filter: "(&(objectCategory=person)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))",
      username: ["samaccountname", "userPrincipalName"],
      idAttr: "objectGUID",
      nameAttr: "displayName",
      preferredUsernameAttr: "sAMAccountName",
    },
    groupSearch: { ...GROUP_SEARCH, baseDn: "DC=ad,DC=example" },
    ...changed,
  });
  return createLdapConnector({ clock: () => Date.now() / 1000 }, { id: "ad", name: "AD", upstream });
}

const ATTRIBUTES = {
  objectGUID: [GUID],
  displayName: ["Jane Doe"],
  sAMAccountName: ["jdoe"],
  mail: ["jane@ad.example"],
};
const jane = (more: Readonly<Record<string, readonly string[]>> = {}): ScriptedEntry => [
  JANE,
  { ...ATTRIBUTES, ...more },
];
const signIn = (connector: PasswordConnector) =>
  connector.login({ username: "jdoe", password: "right", clientAddress: "192.0.2.1" });

describe("users of Active Directory", () => {
  test("have a binary id, told as its own tools write it", async () => {
    const connector = start({ search: ({ baseDn }) => (baseDn === USERS ? [jane()] : []) });
    expect((await signIn(connector))?.identity).toEqual({
      userId: "00112233-4455-6677-8899-aabbccddeeff",
      username: "Jane Doe",
      preferredUsername: "jdoe",
      email: "jane@ad.example",
      emailVerified: true,
      groups: [],
    });
    expect(directory?.queries[0]?.filter).toBe(
      "(&(&(objectcategory=person)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))(|(samaccountname=jdoe)(userprincipalname=jdoe)))",
    );
  });

  test("are never mistaken for each other by an id that is no text", async () => {
    const userSearch = { ...USER_SEARCH, baseDn: USERS, idAttr: "objectSid", nameAttr: "displayName" };
    const sid: ScriptedEntry = [JANE, { ...ATTRIBUTES, objectSid: [Buffer.from("010500ff", "hex")] }];
    const error = await failureOf(signIn(start({ search: () => [sid] }, { userSearch })));
    expect(reasonOf(error)).toContain("objectSid");
  });

  test("keep a byte order mark in their id", async () => {
    const userSearch = { ...USER_SEARCH, baseDn: USERS, idAttr: "sAMAccountName", nameAttr: "" };
    const marked = jane({ sAMAccountName: ["\ufeffjdoe"] });
    const connector = start({ search: ({ baseDn }) => (baseDn === USERS ? [marked] : []) }, { userSearch });
    expect((await signIn(connector))?.identity.userId).toBe("\ufeffjdoe");
  });

  test("are in more groups than come at once", async () => {
    const connector = start(
      {
        search({ baseDn, attributes, filter }) {
          const [asked = ""] = attributes;
          if (asked === "memberOf;range=3-*") return [[JANE, { "memberOf;range=3-5": ["d", "e", "f"] }]];
          if (asked === "memberOf;range=6-*") return [[JANE, { "memberOf;range=6-*": ["g"] }]];
          if (baseDn === USERS) return [jane({ memberOf: [], "memberOf;range=0-2": ["a", "b", "c"] })];
          return [[baseDn, { cn: [`group ${filter}`] }]];
        },
      },
      {
        groupSearch: {
          ...GROUP_SEARCH,
          userMatchers: [{ userAttr: "memberOf", groupAttr: "distinguishedName", recursionGroupAttr: "" }],
        },
      },
    );
    const login = await signIn(connector);
    expect(login?.identity.groups).toEqual(
      ["a", "b", "c", "d", "e", "f", "g"].map((name) => `group (distinguishedname=${name})`),
    );
    expect(directory?.queries.filter(({ baseDn }) => baseDn === JANE)).toHaveLength(2);
    expect(Buffer.from(login?.connectorData ?? []).toString()).toContain('{"Name":"memberOf","Values":["a","b"');
  });

  test.each([
    ["the rest of them does not come", {}],
    ["the rest of them never ends", { "memberOf;range=0-2": ["a", "b", "c"] }],
  ])("are not let in with some of their groups because %s", async (_name, part) => {
    const more = { "memberOf;range=0-2": ["a", "b", "c"] };
    const connector = start({ search: ({ baseDn }) => (baseDn === JANE ? [[JANE, part]] : [jane(more)]) });
    expect(await failureOf(signIn(connector))).toMatchObject({ reason: "unreachable" });
  });

  test("are looked for with its own rule for groups of groups", async () => {
    const rule = "member:1.2.840.113556.1.4.1941:";
    const userMatchers = [{ userAttr: "DN", groupAttr: rule, recursionGroupAttr: "" }];
    const connector = start(
      { search: ({ baseDn }) => (baseDn === USERS ? [jane()] : [["CN=all", { cn: ["all"] }]]) },
      { groupSearch: { ...GROUP_SEARCH, userMatchers } },
    );
    expect((await signIn(connector))?.identity.groups).toEqual(["all"]);
    expect(directory?.queries.at(-1)?.filter).toBe(
      "(member:1.2.840.113556.1.4.1941:=CN=Doe\\5c, Jane,CN=Users,DC=ad,DC=example)",
    );
  });

  test("are found although it refers to other servers", async () => {
    const referral = "ldap://ForestDnsZones.ad.example/DC=ForestDnsZones,DC=ad,DC=example";
    const connector = start({ search: ({ baseDn }) => (baseDn === USERS ? [jane()] : []), referral });
    expect(await signIn(connector)).toBeDefined();
  });

  test("whose account is locked, or whose password has ended, are answered like a wrong password", async () => {
    for (const code of [INVALID_CREDENTIALS, 19]) {
      const connector = start({ search: () => [jane()], bind: (dn) => (dn === JANE ? code : 0) });
      expect(await signIn(connector)).toBeUndefined();
      directory?.stop();
    }
  });
});

describe("a directory", () => {
  test.each<[string, NonNullable<Script["bind"]>, RegExp]>([
    ["is busy", (dn) => (dn === JANE ? 51 : 0), /cannot bind as CN=Doe/],
    ["hangs up while a password is checked", (dn) => (dn === JANE ? "hang up" : 0), /closed/],
    ["hangs up at once", () => "hang up", /closed/],
  ])("that %s says nothing about the password", async (_name, bind, reason) => {
    const error = await failureOf(signIn(start({ search: () => [jane()], bind })));
    expect(error.reason).toBe("unreachable");
    expect(reasonOf(error)).toMatch(reason);
    expect(reasonOf(error)).not.toContain("right");
  });

  test("that gives up a search has not found nobody", async () => {
    const error = await failureOf(signIn(start({ search: () => [], searchCode: 11 })));
    expect(error.reason).toBe("unreachable");
  });

  test("is left with no open connection, whatever the ending", async () => {
    const scripts: readonly Script[] = [
      { search: () => [jane()] },
      { search: () => [] },
      { search: () => [], searchCode: 1 },
      { search: () => [jane()], bind: (dn) => (dn === JANE ? INVALID_CREDENTIALS : 0) },
      { search: () => [jane()], bind: () => INVALID_CREDENTIALS },
    ];
    for (const script of scripts) {
      await signIn(start(script)).catch(() => undefined);
      await until("the connections to be closed", () => directory?.open() === 0);
      directory?.stop();
    }
  });

  test("tries somebody unknown with the same number of questions as somebody known", async () => {
    const bind = (dn: string): number => (dn.startsWith("cn=admin") ? 0 : INVALID_CREDENTIALS);
    const counts: (readonly number[])[] = [];
    for (const found of [[jane()], []]) {
      expect(await signIn(start({ search: () => found, bind }))).toBeUndefined();
      counts.push([directory?.binds.length ?? 0, directory?.queries.length ?? 0]);
      directory?.stop();
    }
    expect(counts[0]).toEqual([2, 1]);
    expect(counts[1]).toEqual([2, 1]);
  });
});
