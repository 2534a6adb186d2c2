import type { SamlUpstream } from "../../dex-connector-configuration.ts";
import { fieldAt, isTrueAt, listAt, textAt } from "../config-object.ts";
import { type Opening, refuse } from "./opening.ts";
import { aroundCertificates, countCertificates, fileAt } from "./pem.ts";

export function resolveSaml(opening: Opening): SamlUpstream {
  const { config } = opening;
  refuseMissing(opening);
  return {
    type: "saml",
    ssoUrl: textAt(config, "ssoURL"),
    ssoIssuer: textAt(config, "ssoIssuer"),
    entityIssuer: textAt(config, "entityIssuer"),
    redirectUri: textAt(config, "redirectURI"),
    certificates: resolveCertificates(opening),
    insecureSkipSignatureValidation: skipsSignatures(opening),
    usernameAttr: textAt(config, "usernameAttr"),
    emailAttr: textAt(config, "emailAttr"),
    groupsAttr: textAt(config, "groupsAttr"),
    groupsDelimiter: textAt(config, "groupsDelim"),
    allowedGroups: listAt(config, "allowedGroups"),
    filterGroups: isTrueAt(config, "filterGroups"),
    nameIdPolicyFormat: resolveFormat(opening),
  };
}

function refuseMissing(opening: Opening): void {
  const missing = ["ssoURL", "usernameAttr", "emailAttr", "redirectURI"].filter(
    (name) => textAt(opening.config, name) === "",
  );
  const names = missing.map((name) => JSON.stringify(name)).join(" ");
  const [first] = missing;
  if (first === undefined) return;
  if (missing.length === 1) refuse(opening, first, `missing required field ${names}`, "Set it.");
  else refuse(opening, first, `missing required fields [${names}]`, "Set them.");
}

const skipsSignatures = ({ config }: Opening): boolean => isTrueAt(config, "insecureSkipSignatureValidation");

function resolveCertificates(opening: Opening): string {
  const { config } = opening;
  if (skipsSignatures(opening)) return "";
  const file = textAt(config, "ca");
  const data = fieldAt(config, "caData");
  if ((file === "") === (data === undefined)) {
    refuse(opening, "ca", "must provide either 'ca' or 'caData'", "Set one of them.");
    return "";
  }
  const before = opening.problems.length;
  const pem = file === "" ? textAt(config, "caData") : fileAt(opening, "ca", (reason) => `read ca file: ${reason}`);
  if (opening.problems.length === before) refuseBadCertificates(opening, file === "" ? "caData" : "ca", pem);
  return pem;
}

function refuseBadCertificates(opening: Opening, path: string, pem: string): void {
  if (aroundCertificates(pem) !== "") {
    refuse(opening, path, "parse cert: trailing data", "Leave certificates only, and whole ones.");
  } else if (countCertificates(pem) === 0) {
    refuse(opening, path, "no certificates found in ca data", "Check the file.");
  }
}

const FORMATS: readonly string[] = [
  "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
  "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
  "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName",
  "urn:oasis:names:tc:SAML:1.1:nameid-format:WindowsDomainQualifiedName",
  "urn:oasis:names:tc:SAML:2.0:nameid-format:encrypted",
  "urn:oasis:names:tc:SAML:2.0:nameid-format:entity",
  "urn:oasis:names:tc:SAML:2.0:nameid-format:kerberos",
  "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
  "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
];

/** A whole URN, or its last part. */
function resolveFormat(opening: Opening): string {
  const text = textAt(opening.config, "nameIDPolicyFormat") || "persistent";
  const format = FORMATS.find((urn) => urn === text || (urn.endsWith(`:${text}`) && !text.includes(":")));
  if (format === undefined) {
    const names = FORMATS.map((urn) => urn.slice(urn.lastIndexOf(":") + 1)).join(", ");
    const message = `invalid nameIDPolicyFormat: ${JSON.stringify(text)}`;
    refuse(opening, "nameIDPolicyFormat", message, `Write one of ${names}.`);
  }
  return format ?? text;
}
