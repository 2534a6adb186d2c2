import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Client } from "ldapts";
import type { LdapUpstream } from "../../src/config/dex-connector-configuration.ts";
import { Secret } from "../../src/protocol/secret.ts";
import { freePort } from "./gatehouse.ts";
import { needs } from "./needs.ts";
import { runToEnd } from "./own-user.ts";
import { until } from "./until.ts";

const PATH = `${process.env["PATH"] ?? ""}:/usr/sbin`;
const SLAPD = Bun.which("slapd", { PATH });
/** Real OpenLDAP, from Debian's package. */
export const HAS_SLAPD = needs("slapd", SLAPD !== null);

export interface LdapServer {
  readonly port: number;
  /** With TLS from the beginning; only with `tls`. */
  readonly tlsPort: number;
  /** Do something as the administrator. */
  change(work: (client: Client) => Promise<unknown>): Promise<void>;
  /** End it and remove its data. */
  stop(): Promise<void>;
}

export interface LdapServerOptions {
  readonly ldif: string;
  /** PEM texts; given = it speaks TLS and StartTLS too. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** PEM; given = clients must show a certificate that it signed. */
  readonly clientAuthority?: string;
  /** More lines of `slapd.conf` for the database. */
  readonly settings?: string;
}

const SUFFIX = "dc=example,dc=org";
const ADMIN = { dn: `cn=admin,${SUFFIX}`, password: "admin" };
const SCHEMAS = ["core", "cosine", "inetorgperson", "nis", "msuser"];

/** A directory on the loopback address, with its data in a temporary folder. */
export async function startLdapServer(options: LdapServerOptions): Promise<LdapServer> {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-ldap-"));
  const [port, tlsPort] = [await freePort(), await freePort()];
  const file = join(folder, "slapd.conf");
  mkdirSync(join(folder, "data"));
  writeFileSync(join(folder, "entries.ldif"), options.ldif);
  writeFileSync(file, configuration(folder, options));
  await runToEnd([Bun.which("slapadd", { PATH }) ?? "", "-f", file, "-l", join(folder, "entries.ldif")], {
    cwd: folder,
  });
  const addresses = [`ldap://127.0.0.1:${port}`, ...(options.tls ? [`ldaps://127.0.0.1:${tlsPort}`] : [])];
  const child = Bun.spawn([SLAPD ?? "", "-f", file, "-h", addresses.join(" "), "-d", "0"], {
    stdout: "ignore",
    stderr: "ignore",
  });
  const change: LdapServer["change"] = async (work) => {
    const client = new Client({ url: `ldap://127.0.0.1:${port}` });
    await client.bind(ADMIN.dn, ADMIN.password);
    try {
      await work(client);
    } finally {
      await client.unbind();
    }
  };
  const isUp = (): Promise<boolean> =>
    change(async () => undefined).then(
      () => true,
      () => false,
    );
  await until("slapd to answer", isUp);
  return {
    port,
    tlsPort,
    change,
    async stop() {
      child.kill();
      await child.exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Where the people and the groups of such a server are. */
export const BASE_ENTRIES = `dn: dc=example,dc=org
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: ou=People,dc=example,dc=org
objectClass: organizationalUnit
ou: People

dn: ou=Groups,dc=example,dc=org
objectClass: organizationalUnit
ou: Groups

`;

/** The options of a connector that searches such a server for people by `uid` and for groups by `member`. */
export function ldapUpstream(port: number, changed: Partial<LdapUpstream> = {}): LdapUpstream {
  return {
    type: "ldap",
    host: "127.0.0.1",
    port,
    security: "none",
    insecureSkipVerify: false,
    rootCa: "",
    clientCertificate: "",
    clientKey: new Secret(""),
    bindDn: ADMIN.dn,
    bindPassword: new Secret(ADMIN.password),
    usernamePrompt: "",
    userSearch: USER_SEARCH,
    groupSearch: GROUP_SEARCH,
    ...changed,
  };
}

export const USER_SEARCH: LdapUpstream["userSearch"] = {
  baseDn: `ou=People,${SUFFIX}`,
  filter: "",
  username: ["uid"],
  scope: "sub",
  idAttr: "DN",
  emailAttr: "mail",
  nameAttr: "cn",
  preferredUsernameAttr: "",
  emailSuffix: "",
};

export const GROUP_SEARCH: LdapUpstream["groupSearch"] = {
  baseDn: `ou=Groups,${SUFFIX}`,
  filter: "",
  scope: "sub",
  nameAttr: "cn",
  userMatchers: [{ userAttr: "DN", groupAttr: "member", recursionGroupAttr: "" }],
};

function configuration(folder: string, { tls, clientAuthority, settings = "" }: LdapServerOptions): string {
  const put = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  return [
    ...SCHEMAS.map((name) => `include /etc/ldap/schema/${name}.schema`),
    "modulepath /usr/lib/ldap",
    "moduleload back_mdb",
    ...(tls ? [`TLSCertificateFile ${put("server.crt", tls.certificate)}`] : []),
    ...(tls ? [`TLSCertificateKeyFile ${put("server.key", tls.key)}`] : []),
    ...(clientAuthority === undefined ? [] : [`TLSCACertificateFile ${put("ca.crt", clientAuthority)}`]),
    ...(clientAuthority === undefined ? [] : ["TLSVerifyClient demand"]),
    "database mdb",
    `suffix "${SUFFIX}"`,
    `rootdn "${ADMIN.dn}"`,
    `rootpw ${ADMIN.password}`,
    `directory ${folder}/data`,
    "maxsize 16777216",
    settings,
    "",
  ].join("\n");
}
