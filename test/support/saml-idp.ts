import { generateKeyPairSync } from "node:crypto";
import { SignedXml } from "xml-crypto";
import type { SamlUpstream } from "../../src/config/dex-connector-configuration.ts";
import { createSamlConnector } from "../../src/connector/federated/saml/saml-connector.ts";
import type { FormPostConnector, WantedParts } from "../../src/connector/connector.ts";
import type { Login } from "../../src/protocol/identity.ts";
import { listeningLog, TRANSACTION } from "./fake-vendor.ts";
import { selfSigned } from "./self-signed.ts";

export const REDIRECT_URI = "https://gatehouse.example.com/callback";

/** What an identity provider states. Everything has an honest default: Alice, in `staff` and `admins`, for {@link TRANSACTION}. */
export interface Statement {
  readonly nameId?: string;
  readonly attributes?: Readonly<Record<string, readonly string[]>>;
  readonly assertionId?: string;
  readonly requestId?: string;
  readonly destination?: string;
  readonly recipient?: string;
  readonly audience?: string;
  readonly issuer?: string;
  readonly status?: string;
  /** Of the confirmation and the conditions, seconds from now. */
  readonly notBefore?: number;
  readonly notOnOrAfter?: number;
}

export interface SigningChoice {
  readonly of: "Response" | "Assertion";
  readonly by?: SigningPair;
  readonly signature?: string;
  readonly digest?: string;
  readonly canonicalization?: string;
  readonly transforms?: readonly string[];
}

export interface SigningPair {
  readonly certificate: string;
  readonly key: string;
}

export const ALGORITHMS = {
  enveloped: "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
  exclusive: "http://www.w3.org/2001/10/xml-exc-c14n#",
  exclusiveWithComments: "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
  inclusive: "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
  rsaSha1: "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
  rsaSha256: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
  rsaSha512: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
  sha1: "http://www.w3.org/2000/09/xmldsig#sha1",
  sha256: "http://www.w3.org/2001/04/xmlenc#sha256",
  sha512: "http://www.w3.org/2001/04/xmlenc#sha512",
};

export function signingPair(name: string): SigningPair {
  return selfSigned(name, ["localhost"], generateKeyPairSync("rsa", { modulusLength: 2048 }));
}

const OURS = signingPair("saml.example.com");

/** A response, not signed. Texts are XML already. */
export function samlResponse(statement: Statement = {}): string {
  const { requestId = TRANSACTION.state, destination = REDIRECT_URI, issuer = "https://saml.example.com" } = statement;
  const status = statement.status ?? "urn:oasis:names:tc:SAML:2.0:status:Success";
  return (
    `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ` +
    `ID="_response" Version="2.0" IssueInstant="${instant(0)}" Destination="${destination}" InResponseTo="${requestId}">` +
    `<saml:Issuer>${issuer}</saml:Issuer>` +
    `<samlp:Status><samlp:StatusCode Value="${status}"/></samlp:Status>${samlAssertion(statement)}</samlp:Response>`
  );
}

/** The assertion of such a response. */
export function samlAssertion(statement: Statement = {}): string {
  const { requestId = TRANSACTION.state, recipient = REDIRECT_URI, audience = REDIRECT_URI } = statement;
  const { issuer = "https://saml.example.com", nameId = "alice-id", assertionId = "_assertion" } = statement;
  const times = `NotBefore="${instant(statement.notBefore ?? -60)}" NotOnOrAfter="${instant(statement.notOnOrAfter ?? 300)}"`;
  const attributes = Object.entries({ ...ATTRIBUTES, ...statement.attributes }).map(
    ([name, values]) =>
      `<saml:Attribute Name="${name}">${values.map((value) => `<saml:AttributeValue>${value}</saml:AttributeValue>`).join("")}</saml:Attribute>`,
  );
  return (
    `<saml:Assertion ID="${assertionId}" Version="2.0" IssueInstant="${instant(0)}"><saml:Issuer>${issuer}</saml:Issuer>` +
    `<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">${nameId}</saml:NameID>` +
    `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData ` +
    `InResponseTo="${requestId}" ${times} Recipient="${recipient}"/></saml:SubjectConfirmation></saml:Subject>` +
    `<saml:Conditions ${times}><saml:AudienceRestriction><saml:Audience>${audience}</saml:Audience></saml:AudienceRestriction>` +
    `</saml:Conditions><saml:AttributeStatement>${attributes.join("")}</saml:AttributeStatement></saml:Assertion>`
  );
}

const ATTRIBUTES = { name: ["Alice W"], email: ["alice@example.com"], groups: ["staff", "admins"] };

/** Sign one element of a response, as an identity provider does: the signature comes after the element's issuer. */
export function sign(xml: string, { of, by = OURS, ...choice }: SigningChoice): string {
  const signer = new SignedXml({
    privateKey: by.key,
    publicCert: by.certificate,
    canonicalizationAlgorithm: choice.canonicalization ?? ALGORITHMS.exclusive,
    signatureAlgorithm: choice.signature ?? ALGORITHMS.rsaSha256,
  });
  const element = `//*[local-name(.)='${of}']`;
  const transforms = choice.transforms ?? [ALGORITHMS.enveloped, ALGORITHMS.exclusive];
  signer.addReference({
    xpath: element,
    digestAlgorithm: choice.digest ?? ALGORITHMS.sha256,
    transforms: [...transforms],
  });
  const location = { reference: `${element}/*[local-name(.)='Issuer']`, action: "after" as const };
  signer.computeSignature(xml, { prefix: "ds", location });
  return signer.getSignedXml();
}

/** A connector of ours at this identity provider. */
export function samlConnector(
  changed: Partial<SamlUpstream> = {},
  clock = (): number => Date.now() / 1000,
): {
  readonly connector: FormPostConnector;
  readonly logged: readonly string[];
} {
  const { log, lines } = listeningLog();
  const upstream: SamlUpstream = {
    type: "saml",
    ssoUrl: "https://saml.example.com/sso",
    ssoIssuer: "",
    entityIssuer: "",
    redirectUri: REDIRECT_URI,
    certificates: OURS.certificate,
    insecureSkipSignatureValidation: false,
    usernameAttr: "name",
    emailAttr: "email",
    groupsAttr: "groups",
    groupsDelimiter: "",
    allowedGroups: [],
    filterGroups: false,
    nameIdPolicyFormat: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
    ...changed,
  };
  const deps = { clock, fetch, log };
  return { connector: createSamlConnector(deps, { id: "corp", name: "Corp", upstream }), logged: lines };
}

/** Post a response to a connector, a new one unless it is given. */
export function answer(xml: string, connector = samlConnector().connector, wants?: WantedParts): Promise<Login> {
  const callback = new URLSearchParams({ SAMLResponse: Buffer.from(xml).toString("base64") });
  return connector.redeem(callback, { ...TRANSACTION, ...(wants && { wants }) });
}

function instant(offset: number): string {
  return `${new Date(Date.now() + offset * 1000).toISOString().slice(0, 19)}Z`;
}
