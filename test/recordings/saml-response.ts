import { createHash, sign } from "node:crypto";
import { type SigningKey, type SigningKeys, keyNamed } from "./fake-provider/keys.ts";
import type { SamlRequest } from "./saml-request.ts";
import type { SamlOrder } from "./scenario.ts";

/**
 * What a SAML identity provider answers: a response with one assertion. SAML 2.0 Core §3.3.3
 *
 * It is written as Exclusive XML Canonicalization would write it, so its text is signed as it stands and no library that
 * a program checks it with has a part in it.
 */
export function samlResponse({ attributes }: SamlRequest, order: SamlOrder, keys: SigningKeys): string {
  const { sign: signed = "response", tamper = {}, key = "main" } = order;
  const answer: Answer = {
    destination: attributes["AssertionConsumerServiceURL"] ?? "",
    in_response_to: attributes["ID"] ?? "",
    issuer: "https://saml.test",
    ...order,
  };
  const by = keyNamed(keys, key);
  const assertion = withSignature(
    ["assertion", "both"].includes(signed) ? { id: "_assertion", by } : undefined,
    (signature) => assertionOf(answer, signature),
  );
  const response = withSignature(
    ["response", "both"].includes(signed) ? { id: "_response", by } : undefined,
    (signature) => responseOf(answer, signature, assertion),
  );
  return Object.entries(tamper).reduce((text, [old, instead]) => text.replaceAll(old, instead), response);
}

type Answer = SamlOrder & { readonly destination: string; readonly in_response_to: string; readonly issuer: string };

const SAML = "urn:oasis:names:tc:SAML:2.0";
const DSIG = "http://www.w3.org/2000/09/xmldsig#";
const CANONICAL = "http://www.w3.org/2001/10/xml-exc-c14n#";

function responseOf(answer: Answer, signature: string, assertion: string): string {
  const { destination, in_response_to: request, status = `${SAML}:status:Success`, issuer } = answer;
  return element(
    "samlp:Response",
    {
      "xmlns:samlp": `${SAML}:protocol`,
      Destination: destination,
      ID: "_response",
      InResponseTo: request,
      IssueInstant: instant(0),
      Version: "2.0",
    },
    element("saml:Issuer", { "xmlns:saml": `${SAML}:assertion` }, escape(issuer)),
    signature,
    element("samlp:Status", {}, element("samlp:StatusCode", { Value: status })),
    assertion,
  );
}

function assertionOf(answer: Answer, signature: string): string {
  return element(
    "saml:Assertion",
    { "xmlns:saml": `${SAML}:assertion`, ID: "_assertion", IssueInstant: instant(0), Version: "2.0" },
    element("saml:Issuer", {}, escape(answer.issuer)),
    signature,
    subjectOf(answer),
    conditionsOf(answer),
    attributesOf(answer),
  );
}

function subjectOf({ id = "", destination, in_response_to: request, valid = VALID }: Answer): string {
  const data = { InResponseTo: request, NotOnOrAfter: instant(valid), Recipient: destination };
  return element(
    "saml:Subject",
    {},
    element("saml:NameID", { Format: `${SAML}:nameid-format:persistent` }, escape(id)),
    element("saml:SubjectConfirmation", { Method: `${SAML}:cm:bearer` }, element("saml:SubjectConfirmationData", data)),
  );
}

function conditionsOf({ destination, audience = destination, valid = VALID }: Answer): string {
  return element(
    "saml:Conditions",
    { NotBefore: instant(-60), NotOnOrAfter: instant(valid) },
    element("saml:AudienceRestriction", {}, element("saml:Audience", {}, escape(audience))),
  );
}

function attributesOf({ attributes = {} }: Answer): string {
  const all = Object.entries(attributes).map(([name, values]) => {
    const items = values.map((value) => element("saml:AttributeValue", {}, escape(value)));
    return element("saml:Attribute", { Name: name }, ...items);
  });
  return element("saml:AttributeStatement", {}, ...all);
}

/** Seconds. */
const VALID = 300;

interface Signing {
  readonly id: string;
  readonly by: SigningKey;
}

/** Build an element with its own signature in it, which is about the element without. XML Signature §4.4.3 */
function withSignature(signing: Signing | undefined, build: (signature: string) => string): string {
  return build(signing === undefined ? "" : signatureOf(build(""), signing));
}

function signatureOf(signed: string, { id, by }: Signing): string {
  const info = (declaration: Readonly<Record<string, string>>): string =>
    element(
      "ds:SignedInfo",
      declaration,
      algorithm("ds:CanonicalizationMethod", CANONICAL),
      algorithm("ds:SignatureMethod", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"),
      element(
        "ds:Reference",
        { URI: `#${id}` },
        element(
          "ds:Transforms",
          {},
          algorithm("ds:Transform", `${DSIG}enveloped-signature`),
          algorithm("ds:Transform", CANONICAL),
        ),
        algorithm("ds:DigestMethod", "http://www.w3.org/2001/04/xmlenc#sha256"),
        element("ds:DigestValue", {}, createHash("sha256").update(signed).digest("base64")),
      ),
    );
  // By itself it declares its namespace; inside of the signature that has done so already.
  const value = sign("sha256", Buffer.from(info({ "xmlns:ds": DSIG })), by.privateKey).toString("base64");
  return element("ds:Signature", { "xmlns:ds": DSIG }, info({}), element("ds:SignatureValue", {}, value));
}

function algorithm(name: string, uri: string): string {
  return element(name, { Algorithm: uri });
}

/** Attributes must come in canonical order: namespaces, then by name. */
function element(name: string, attributes: Readonly<Record<string, string>>, ...children: readonly string[]): string {
  const inTag = Object.entries(attributes).map(([key, value]) => ` ${key}="${escape(value)}"`);
  return `<${name}${inTag.join("")}>${children.join("")}</${name}>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function instant(offset: number): string {
  return new Date(Date.now() + offset * 1000).toISOString().replace(/\.\d+/, "");
}
