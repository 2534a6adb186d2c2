import { X509Certificate } from "node:crypto";
import type { Element } from "@xmldom/xmldom";
import type { SamlUpstream } from "../../../config/dex-connector-configuration.ts";
import type { Login } from "../../../protocol/identity.ts";
import type { Log } from "../../../telemetry/log.ts";
import type { FormPostConnector, LoginTransaction } from "../../connector.ts";
import { untrusted } from "../../oidc/upstream-request.ts";
import type { ConnectorDeps } from "../../registry.ts";
import type { FederatedSettings } from "../create-federated-connector.ts";
import { EVERYTHING } from "../oauth-vendor/vendor-client.ts";
import { type AnsweredRequests, createAnsweredRequests } from "./answered-requests.ts";
import { readAssertionIdentity } from "./assertion-identity.ts";
import { renderAuthnRequest } from "./authn-request.ts";
import { decodeIdentity, encodeIdentity } from "./cached-identity.ts";
import { checkAssertion, checkResponse, SKEW_SECONDS } from "./check-response.ts";
import { allElements, ASSERTION_NS, onlyChild, parseSamlXml, PROTOCOL_NS } from "./saml-xml.ts";
import { type SignedElement, verifySignature } from "./verify-signature.ts";

const MAX_BASE64 = 1_398_104; // of 1 MiB

interface SamlContext {
  readonly upstream: SamlUpstream;
  readonly certificates: readonly X509Certificate[];
  readonly clock: () => number;
  readonly log: Log;
  readonly answered: AnsweredRequests;
}

/**
 * The web browser sign-on profile with the HTTP-POST binding.
 * @throws when one of the certificates is none.
 * @see SAML 2.0 Profiles §4.1
 */
export function createSamlConnector(
  deps: ConnectorDeps,
  { id, name, upstream }: FederatedSettings<SamlUpstream>,
): FormPostConnector {
  const blocks = upstream.certificates.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const certificates = blocks.map((block) => new X509Certificate(block));
  const log = deps.log.with({ connector: id });
  const context: SamlContext = { upstream, certificates, clock: deps.clock, log, answered: createAnsweredRequests() };
  return {
    kind: "form-post",
    type: "saml",
    id,
    name,
    status: () => ({ reachable: true }),
    authorizationForm: async ({ state }) => ({
      action: new URL(upstream.ssoUrl),
      fields: { SAMLRequest: renderAuthnRequest(upstream, state, deps.clock()), RelayState: state },
    }),
    redeem: async (callback, login) => redeem(context, callback, login),
    refresh: async ({ connectorData }, wants = EVERYTHING) => ({
      identity: decodeIdentity(connectorData, wants.groups),
      tokens: {},
      ...(connectorData && { connectorData }),
    }),
  };
}

function redeem(context: SamlContext, callback: URLSearchParams, login: LoginTransaction): Login {
  const { upstream, clock, answered } = context;
  const now = clock();
  const { response, assertion } = readSigned(context, decodeResponse(callback));
  const expected = { upstream, requestId: login.state, now };
  if (response !== undefined) checkResponse(response, expected);
  const end = checkAssertion(assertion, expected);
  const identity = readAssertionIdentity(assertion, upstream, login.wants ?? EVERYTHING);
  if (!answered.add(login.state, end + SKEW_SECONDS, now)) throw untrusted("the request was answered before");
  return { identity, tokens: {}, connectorData: encodeIdentity(identity) };
}

function decodeResponse(callback: URLSearchParams): string {
  const [encoded = "", ...more] = callback.getAll("SAMLResponse");
  if (more.length > 0 || encoded === "") throw untrusted("the callback does not have one response");
  if (encoded.length > MAX_BASE64) throw untrusted("the response is longer than 1 MiB");
  const bare = encoded.replaceAll(/[\r\n]/g, "");
  if (bare.length % 4 !== 0 || !/^[\w+/]+={0,2}$/.test(bare)) throw untrusted("the response is not base64");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(bare, "base64"));
  } catch {
    throw untrusted("the response is not UTF-8");
  }
}

interface Signed {
  /** Absent when the assertion alone is signed: then nothing else in the response may be believed. */
  readonly response?: Element;
  readonly assertion: Element;
}

/**
 * What may be believed of a response: the whole where it is signed, else its signed assertion.
 * @throws {ConnectorError} `untrusted` when neither is signed.
 */
function readSigned({ upstream, certificates, clock, log }: SamlContext, xml: string): Signed {
  const root = parseSamlXml(xml);
  const plain = assertionOf(root);
  if (upstream.insecureSkipSignatureValidation) return { response: root, assertion: plain };
  const now = clock() * 1000;
  const document = {
    xml,
    certificates: certificates.filter(
      ({ validFrom, validTo }) => Date.parse(validFrom) <= now && now <= Date.parse(validTo),
    ),
  };
  const whole = verifySignature(document, root);
  if (!("flaw" in whole)) {
    warnOfWeak(log, whole);
    return { response: whole.element, assertion: assertionOf(whole.element) };
  }
  const part = verifySignature(document, plain);
  if ("flaw" in part) throw untrusted(`${whole.flaw}, and ${part.flaw}`);
  warnOfWeak(log, part);
  return { assertion: part.element };
}

function warnOfWeak(log: Log, { isWeak }: SignedElement): void {
  if (isWeak) log.warn("a SAML response is signed with SHA-1: let the identity provider sign with SHA-256");
}

/** A document with several responses or assertions, wherever they are, tries to say one thing and to have another one read. */
function assertionOf(root: Element): Element {
  if (root.namespaceURI !== PROTOCOL_NS || root.localName !== "Response")
    throw untrusted("the document is not a response");
  const named = allElements(root).filter(({ localName }) => localName === "Response" || localName === "Assertion");
  const assertion = onlyChild(root, ASSERTION_NS, "Assertion");
  if (assertion !== undefined && named.length === 2) return assertion;
  const isEncrypted = onlyChild(root, ASSERTION_NS, "EncryptedAssertion") !== undefined;
  throw untrusted(isEncrypted ? "encrypted assertions are not supported" : "the response does not have one assertion");
}
