import { selfSigned } from "./self-signed.ts";
import type { LdapUpstream } from "../../src/config/dex-connector-configuration.ts";
import { createLdapConnector } from "../../src/connector/federated/ldap/ldap-connector.ts";
import type { PasswordConnector } from "../../src/connector/connector.ts";
import type { Login } from "../../src/protocol/identity.ts";
import {
  BASE_ENTRIES,
  GROUP_SEARCH,
  type LdapServer,
  ldapUpstream,
  startLdapServer,
  USER_SEARCH,
} from "./ldap-server.ts";

/** The people and groups. */
export const ENTRIES = `${BASE_ENTRIES}dn: ou=Seattle,ou=People,dc=example,dc=org
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

export const JANE = "cn=jane,ou=People,dc=example,dc=org";
/** Of the directory. */
export const CERTIFICATE = selfSigned("directory", ["localhost"]);

/** What differs from the usual options. */
export type Changes = Partial<Omit<LdapUpstream, "userSearch" | "groupSearch">> & {
  readonly user?: Partial<LdapUpstream["userSearch"]>;
  readonly group?: Partial<LdapUpstream["groupSearch"]>;
};

/** A directory with people and groups in it, and connectors to it. */
export interface LdapUsers {
  readonly server: LdapServer;
  make(changes?: Changes): PasswordConnector;
  /** As `jdoe` with her password, unless said otherwise. */
  signIn(changes?: Changes, username?: string, password?: string): Promise<Login | undefined>;
  identityOf(changes?: Changes, username?: string, password?: string): Promise<Login["identity"] | undefined>;
}

export async function startLdapUsers(): Promise<LdapUsers> {
  const server = await startLdapServer({ ldif: ENTRIES, tls: CERTIFICATE });
  const make: LdapUsers["make"] = ({ user, group, ...changed } = {}) => {
    const searches = { userSearch: { ...USER_SEARCH, ...user }, groupSearch: { ...GROUP_SEARCH, ...group } };
    const upstream = { ...ldapUpstream(server.port), ...searches, ...changed };
    return createLdapConnector({ clock: () => Date.now() / 1000 }, { id: "ldap", name: "LDAP", upstream });
  };
  const signIn: LdapUsers["signIn"] = (changes = {}, username = "jdoe", password = "foo") =>
    make(changes).login({ username, password, clientAddress: "192.0.2.1" });
  return { server, make, signIn, identityOf: async (...args) => (await signIn(...args))?.identity };
}
