import { Secret } from "../../../protocol/secret.ts";
import type { LdapUpstream, LdapUserMatcher } from "../../dex-connector-configuration.ts";
import { type ConfigObject, isTrueAt, listAt, objectsAt, textAt } from "../config-object.ts";
import { type Opening, refuse, require, wordAt } from "./opening.ts";
import { countCertificates, fileAt } from "./pem.ts";

export function resolveLdap(opening: Opening): LdapUpstream {
  const { config } = opening;
  require(opening, "host", 'ldap: missing required field "host"');
  require(opening, "userSearch.baseDN", 'ldap: missing required field "userSearch.baseDN"');
  return {
    type: "ldap",
    ...resolveHost(opening),
    security: securityOf(config),
    insecureSkipVerify: isTrueAt(config, "insecureSkipVerify"),
    rootCa: resolveRootCa(opening),
    ...resolveClientCertificate(opening),
    bindDn: textAt(config, "bindDN"),
    bindPassword: new Secret(textAt(config, "bindPW")),
    usernamePrompt: textAt(config, "usernamePrompt") || "Username",
    userSearch: resolveUserSearch(opening),
    groupSearch: {
      baseDn: textAt(config, "groupSearch.baseDN"),
      filter: textAt(config, "groupSearch.filter"),
      scope: scopeAt(opening, "groupSearch.scope"),
      nameAttr: textAt(config, "groupSearch.nameAttr"),
      userMatchers: resolveMatchers(config),
    },
  };
}

/** Plain text wins when both are set, as in the original. */
function securityOf(config: ConfigObject): LdapUpstream["security"] {
  if (isTrueAt(config, "insecureNoSSL")) return "none";
  return isTrueAt(config, "startTLS") ? "starttls" : "tls";
}

function resolveHost(opening: Opening): Pick<LdapUpstream, "host" | "port"> {
  const text = textAt(opening.config, "host");
  const usual = securityOf(opening.config) === "none" ? 389 : 636;
  const withPort = /^(?:\[([^[\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  if (withPort !== null) return { host: withPort[1] ?? withPort[2] ?? "", port: Number(withPort[3]) };
  const host = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  if (/[/\s@]|^[^:]*:[^:]*$/.test(host)) refuse(opening, "host", "is no host.", "Write host or host:port.");
  return { host, port: usual };
}

function resolveRootCa(opening: Opening): string {
  const data = textAt(opening.config, "rootCAData");
  if (data === "" && textAt(opening.config, "rootCA") === "") return "";
  const pem = data || fileAt(opening, "rootCA", (reason) => `ldap: read ca file: ${reason}`);
  if (pem !== "" && countCertificates(pem) === 0) {
    refuse(opening, data === "" ? "rootCA" : "rootCAData", "ldap: no certs found in ca file", "Check the file.");
  }
  return pem;
}

/** One without the other is passed over, as in the original. */
function resolveClientCertificate(opening: Opening): Pick<LdapUpstream, "clientCertificate" | "clientKey"> {
  const { config } = opening;
  if (textAt(config, "clientCert") === "" || textAt(config, "clientKey") === "") {
    return { clientCertificate: "", clientKey: new Secret("") };
  }
  const trouble = (reason: string): string => `ldap: load client cert failed: ${reason}`;
  return {
    clientCertificate: fileAt(opening, "clientCert", trouble),
    clientKey: new Secret(fileAt(opening, "clientKey", trouble)),
  };
}

function resolveUserSearch(opening: Opening): LdapUpstream["userSearch"] {
  const { config } = opening;
  const at = (name: string): string => textAt(config, `userSearch.${name}`);
  const username = listAt(config, "userSearch.username");
  if (username.length === 0) {
    const message = 'ldap: missing required field "userSearch.username"';
    refuse(opening, "userSearch.username", message, "Name the attribute.");
  }
  return {
    baseDn: at("baseDN"),
    filter: at("filter"),
    username,
    scope: scopeAt(opening, "userSearch.scope"),
    idAttr: at("idAttr"),
    emailAttr: at("emailAttr"),
    nameAttr: at("nameAttr"),
    preferredUsernameAttr: at("preferredUsernameAttr"),
    emailSuffix: at("emailSuffix"),
  };
}

function scopeAt(opening: Opening, path: "userSearch.scope" | "groupSearch.scope"): "sub" | "one" {
  const name = path.replace("scope", "Scope");
  return wordAt(opening, path, ["sub", "one"], (text) => `${name} unknown value ${JSON.stringify(text)}`);
}

/** The list counts when its first entry says something, else the deprecated keys beside it. */
function resolveMatchers(config: ConfigObject): readonly LdapUserMatcher[] {
  const listed = objectsAt(config, "groupSearch.userMatchers").map((item) => matcherOf(item, ""));
  if (listed[0] !== undefined && listed[0].userAttr !== "") return listed;
  const single = matcherOf(config, "groupSearch.");
  return single.userAttr === "" ? [] : [single];
}

function matcherOf(object: ConfigObject, prefix: string): LdapUserMatcher {
  return {
    userAttr: textAt(object, `${prefix}userAttr`),
    groupAttr: textAt(object, `${prefix}groupAttr`),
    recursionGroupAttr: textAt(object, `${prefix}recursionGroupAttr`),
  };
}
