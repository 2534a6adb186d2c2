import type { SamlUpstream } from "../../../config/dex-connector-configuration.ts";
import { ASSERTION_NS, PROTOCOL_NS } from "./saml-xml.ts";

/**
 * An authentication request, base64 as the HTTP-POST binding wants it.
 *
 * @param id comes back as `InResponseTo`.
 * @param now seconds since the epoch.
 * @see SAML 2.0 Core §3.4.1, Bindings §3.5.4
 */
export function renderAuthnRequest(upstream: SamlUpstream, id: string, now: number): string {
  const { ssoUrl, redirectUri, entityIssuer, nameIdPolicyFormat } = upstream;
  const attributes = {
    xmlns: PROTOCOL_NS,
    ID: id,
    Version: "2.0",
    IssueInstant: `${new Date(now * 1000).toISOString().slice(0, 19)}Z`,
    Destination: ssoUrl,
    ProtocolBinding: "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
    AssertionConsumerServiceURL: redirectUri,
  };
  const parts = [
    ...(entityIssuer === "" ? [] : [element("Issuer", { xmlns: ASSERTION_NS }, escape(entityIssuer))]),
    element("NameIDPolicy", { AllowCreate: "true", Format: nameIdPolicyFormat }),
  ];
  const content = parts.map((part) => `\n  ${part}`).join("");
  return Buffer.from(element("AuthnRequest", attributes, `${content}\n`)).toString("base64");
}

/** @param content escaped. */
function element(name: string, attributes: Readonly<Record<string, string>>, content = ""): string {
  const written = Object.entries(attributes).map(([attribute, value]) => ` ${attribute}="${escape(value)}"`);
  return `<${name}${written.join("")}>${content}</${name}>`;
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}
