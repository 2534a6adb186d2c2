import type { Normaliser } from "./normalise.ts";
import type { Observation } from "./observe.ts";

/** What a program asks a SAML identity provider. */
export interface SamlRequest {
  /** Of the `AuthnRequest`. */
  readonly attributes: Readonly<Record<string, string>>;
  /** With the blanks that follow its end, as the recordings have it; empty = it does not say. */
  readonly issuer: string;
  /** `Format` of the name identifier it wants. */
  readonly format: string;
}

/** Read the field `SAMLRequest` of a page. Throws when it holds none. SAML 2.0 Core §3.4.1 */
export function readSamlRequest(field: string): SamlRequest {
  const xml = Buffer.from(field, "base64").toString();
  const [tag] = /<\S*AuthnRequest[^>]*>/.exec(xml) ?? [];
  if (tag === undefined) throw new Error("there is no SAML request on the page");
  const issuer = [...xml.matchAll(/Issuer[^>]*>([^<]*)</g)].map(([, text = ""]) => text).join("");
  const [, format = ""] = /NameIDPolicy[^>]*\bFormat="([^"]*)"/.exec(xml) ?? [];
  const attributes = [...tag.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = "", value = ""]) => [name, value]);
  return { attributes: Object.fromEntries(attributes), issuer, format };
}

/** What of a request is compared. */
export function seeSamlRequest({ attributes, issuer, format }: SamlRequest, normalise: Normaliser): Observation {
  const compared = Object.entries(attributes).filter(([name]) => COMPARED.has(name));
  return {
    ...Object.fromEntries(compared.map(([name, value]) => [name, normalise.text(value)])),
    issuer: normalise.text(issuer),
    "name id format": format,
  };
}

const COMPARED = new Set(["Destination", "ProtocolBinding", "AssertionConsumerServiceURL", "Version", "ForceAuthn"]);
