import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connect, createServer } from "node:net";

import type { LdapUpstream } from "../../src/config/dex-connector-configuration.ts";
import { createLdapConnector } from "../../src/connector/federated/ldap/ldap-connector.ts";
import type { Login } from "../../src/protocol/identity.ts";
import { Secret } from "../../src/protocol/secret.ts";
import { failureOf, reasonOf } from "../support/fake-vendor.ts";
import { freePort } from "../support/gatehouse.ts";
import {
  BASE_ENTRIES,
  HAS_SLAPD,
  type LdapServer,
  ldapUpstream,
  startLdapServer,
  USER_SEARCH,
} from "../support/ldap-server.ts";
import { startScriptedDirectory } from "../support/scripted-directory.ts";
import { selfSigned } from "../support/self-signed.ts";

const ENTRIES = `${BASE_ENTRIES}dn: cn=alice,ou=People,dc=example,dc=org
objectClass: inetOrgPerson
cn: alice
sn: Example
uid: alice
mail: alice@example.com
departmentNumber: 1
userPassword: right

dn: cn=a*(b)\\\\\\, c,ou=People,dc=example,dc=org
objectClass: inetOrgPerson
cn: a*(b)\\, c
sn: Example
uid: a*(b)\\
mail: odd@example.com
userPassword: right

dn: cn=fans of alice,ou=Groups,dc=example,dc=org
objectClass: groupOfNames
cn: fans of alice
member: cn=a*(b)\\\\\\, c,ou=People,dc=example,dc=org

dn: cn=admins,ou=Groups,dc=example,dc=org
objectClass: groupOfNames
cn: admins
member: cn=alice,ou=People,dc=example,dc=org
`;

const CERTIFICATE = selfSigned("directory");

describe.skipIf(!HAS_SLAPD)("what is typed into the form of a directory", () => {
  let server: LdapServer;
  beforeAll(async () => {
    server = await startLdapServer({ ldif: ENTRIES, tls: CERTIFICATE });
  });
  afterAll(() => server.stop());
  const signIn = (
    username: string,
    password: string,
    changed: Partial<LdapUpstream> = {},
  ): Promise<Login | undefined> =>
    createLdapConnector(
      { clock: () => Date.now() / 1000 },
      { id: "ldap", name: "LDAP", upstream: ldapUpstream(server.port, changed) },
    ).login({ username, password, clientAddress: "192.0.2.1" });
  const filtered = { userSearch: { ...USER_SEARCH, filter: "(departmentNumber=2)" } };

  test.each([
    "*",
    "ali*",
    "alice)(uid=*",
    "*)(uid=*))(|(uid=*",
    "alice)(|(objectClass=*)",
    "alice))(&(uid=alice",
    "alice\0",
    "alice)\0",
    "\\61lice",
    "\\2a",
    "alice)(departmentNumber=1",
    "cn=alice,ou=People,dc=example,dc=org",
    "alice:dn:=alice",
    "\ud800alice",
    "a".repeat(200_000),
  ])("is never a part of the filter: %p", async (username) => {
    expect(await signIn(username, "right")).toBeUndefined();
    expect(await signIn(username, "right", filtered)).toBeUndefined();
  });

  test("does not get around the configured filter", async () => {
    expect(await signIn("alice", "right")).toBeDefined();
    for (const username of ["alice", "alice)(departmentNumber=1", "alice))(|(uid=alice"]) {
      expect(await signIn(username, "right", filtered)).toBeUndefined();
    }
  });

  test("is looked for as it is, whatever is in it, and so are the groups of a name that looks like a filter", async () => {
    const found = await signIn("a*(b)\\", "right");
    expect(found?.identity).toMatchObject({ email: "odd@example.com", groups: ["fans of alice"] });
  });

  test.each(["", "\0", "right\0", "\0right", "Right", "right ", "{CLEARTEXT}right", "r".repeat(200_000)])(
    "is no password of hers: %p",
    async (password) => {
      expect(await signIn("alice", password)).toBeUndefined();
    },
  );

  /** "Your bind succeeded", except for the end of its text: the directory's own answer, over TLS, would become that. */
  const slip = (id: number): Buffer => Buffer.from(`301a02010${id}61150a01000400040e`, "hex");

  test.each([2, 3])("is never found by an answer to question %p that is slipped in before TLS", async (id) => {
    const port = await freePort();
    const inTheMiddle = createServer((client) => {
      const directory = connect(server.port, "127.0.0.1");
      directory.once("data", (answer: Buffer) => {
        client.write(Buffer.concat([answer, slip(id)]));
        directory.pipe(client);
      });
      client.pipe(directory);
      for (const socket of [client, directory]) socket.on("error", () => socket.destroy());
    }).listen(port, "127.0.0.1");
    const bindPassword = new Secret("wrong");
    const over = { port, security: "starttls", rootCa: CERTIFICATE.certificate, bindPassword } as const;
    const error = await failureOf(signIn("alice", "right", over));
    inTheMiddle.close();
    expect(error.reason).toBe("unreachable");
    expect(reasonOf(error)).toContain("cannot bind as cn=admin");
  });
});

test("an empty password never reaches a directory, which would accept it (RFC 4513 §5.1.2)", async () => {
  const directory = startScriptedDirectory({
    search: () => [["cn=alice,dc=example", { mail: ["alice@example.com"], cn: ["alice"] }]],
  });
  const connector = createLdapConnector(
    { clock: () => Date.now() / 1000 },
    { id: "ldap", name: "LDAP", upstream: ldapUpstream(directory.port) },
  );
  const login = (password: string) => connector.login({ username: "alice", password, clientAddress: "" });
  expect(await login("")).toBeUndefined();
  expect(directory.binds).toEqual([]);
  expect(await login("any")).toBeDefined();
  expect(directory.binds).toContain("cn=alice,dc=example any");
  directory.stop();
});

test("spellings of one name that a directory takes for the same share their tries", async () => {
  const directory = startScriptedDirectory({ search: () => [], bind: (dn) => (dn.startsWith("cn=admin") ? 0 : 49) });
  const connector = createLdapConnector(
    { clock: () => 1_700_000_000 },
    { id: "ldap", name: "LDAP", upstream: ldapUpstream(directory.port) },
  );
  const spellings = ["alice", "ALICE", " alice ", "a\u00adlice", "alice\u200b", "ａｌｉｃｅ"];
  const endings: unknown[] = [];
  for (const username of spellings) {
    const ending = connector.login({ username, password: "guess", clientAddress: "192.0.2.1" });
    endings.push(await ending.catch((error: unknown) => error));
  }
  expect(endings.slice(0, 5)).toEqual([undefined, undefined, undefined, undefined, undefined]);
  expect(endings[5]).toMatchObject({ code: "connector_throttled", status: 429 });
  directory.stop();
});
