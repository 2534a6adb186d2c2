import type { Element } from "@xmldom/xmldom";
import type { SamlUpstream } from "../../../config/dex-connector-configuration.ts";
import { denied } from "../../oauth2/api-request.ts";
import { untrusted } from "../../oidc/upstream-request.ts";
import { ASSERTION_NS, attributeOf, childrenOf, onlyChild, PROTOCOL_NS, textOf } from "./saml-xml.ts";

/** The login that a response must be an answer to. */
export interface Expected {
  readonly upstream: SamlUpstream;
  /** The ID of our request. */
  readonly requestId: string;
  /** Seconds since the epoch. */
  readonly now: number;
}

const SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success";
const BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer";

/** How far clocks may be apart. */
export const SKEW_SECONDS = 30;

/**
 * What a response says besides its assertion, when it is signed itself.
 * @throws {ConnectorError} `untrusted`; `denied` when the identity provider says that it did not sign anybody in.
 */
export function checkResponse(response: Element, { upstream, requestId }: Expected): void {
  checkVersion(response);
  checkIssuer(response, upstream);
  ensure(attributeOf(response, "InResponseTo") === requestId, "the response answers another request");
  const destination = attributeOf(response, "Destination");
  ensure(destination === "" || destination === upstream.redirectUri, "the response is for another destination");
  const code = onlyChild(requireChild(response, PROTOCOL_NS, "Status"), PROTOCOL_NS, "StatusCode");
  const status = attributeOf(code, "Value");
  if (status === SUCCESS) return;
  throw denied(`the identity provider answered ${/[\w]{1,40}$/.exec(status)?.[0] ?? "no status"}`);
}

/**
 * An assertion that is for us, now, and about whoever answered our request. It must name us, and say how long it holds: an assertion
 * that was made for another service must not open this one.
 *
 * @returns until when it holds, seconds since the epoch, without the skew.
 * @throws {ConnectorError} `untrusted`.
 * @see SAML 2.0 Profiles §4.1.4.2
 */
export function checkAssertion(assertion: Element, expected: Expected): number {
  checkVersion(assertion);
  checkIssuer(assertion, expected.upstream);
  const confirmation = checkSubject(requireChild(assertion, ASSERTION_NS, "Subject"), expected);
  const conditions = onlyChild(assertion, ASSERTION_NS, "Conditions");
  const audiences = conditions === undefined ? 0 : checkConditions(conditions, expected);
  const namesUs = audiences > 0 || attributeOf(confirmation, "Recipient") !== "";
  ensure(namesUs, "the assertion names neither a recipient nor an audience");
  const ends = [confirmation, conditions]
    .map((part) => readInstant(part, "NotOnOrAfter"))
    .filter((end) => end !== undefined);
  ensure(ends.length > 0, "the assertion does not say how long it holds");
  return Math.min(...ends);
}

/** One bearer confirmation that fits is enough. */
function checkSubject(subject: Element, expected: Expected): Element {
  const flaws: string[] = [];
  for (const confirmation of childrenOf(subject, ASSERTION_NS, "SubjectConfirmation")) {
    const data = onlyChild(confirmation, ASSERTION_NS, "SubjectConfirmationData");
    const flaw = data === undefined ? "it has no data" : findFlaw(confirmation, data, expected);
    if (data !== undefined && flaw === undefined) return data;
    flaws.push(flaw ?? "");
  }
  throw untrusted(`no confirmation of the subject fits: ${flaws.join("; ") || "there is none"}`);
}

function findFlaw(confirmation: Element, data: Element, { upstream, requestId, now }: Expected): string | undefined {
  if (attributeOf(confirmation, "Method") !== BEARER) return "it is not for a bearer";
  if (attributeOf(data, "InResponseTo") !== requestId) return "it answers another request";
  const recipient = attributeOf(data, "Recipient");
  return (
    findTimeFlaw(data, now) ??
    (recipient === "" || recipient === upstream.redirectUri ? undefined : "it is for another recipient")
  );
}

/** @returns how many restrictions to audiences there are; each must name us. */
function checkConditions(conditions: Element, { upstream, now }: Expected): number {
  const flaw = findTimeFlaw(conditions, now);
  ensure(flaw === undefined, `the conditions do not hold: ${flaw}`);
  const us = upstream.entityIssuer || upstream.redirectUri;
  const restrictions = childrenOf(conditions, ASSERTION_NS, "AudienceRestriction");
  for (const restriction of restrictions) {
    const isForUs = childrenOf(restriction, ASSERTION_NS, "Audience").some((audience) => textOf(audience) === us);
    ensure(isForUs, "the assertion is for another audience");
  }
  return restrictions.length;
}

function findTimeFlaw(element: Element, now: number): string | undefined {
  const start = readInstant(element, "NotBefore");
  const end = readInstant(element, "NotOnOrAfter");
  if (start !== undefined && now + SKEW_SECONDS < start) return "it does not hold yet";
  return end !== undefined && now > end + SKEW_SECONDS ? "it does not hold any more" : undefined;
}

/** @returns seconds since the epoch, or undefined when absent. */
function readInstant(element: Element | undefined, name: string): number | undefined {
  const text = attributeOf(element, name);
  if (text === "") return undefined;
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(text) ? Date.parse(text) : Number.NaN;
  ensure(Number.isFinite(time), `${name} is not a time in UTC`);
  return time / 1000;
}

function checkVersion(element: Element): void {
  const version = attributeOf(element, "Version");
  ensure(version === "" || version === "2.0", `${element.localName} is of another version than 2.0`);
}

function checkIssuer(element: Element, { ssoIssuer }: SamlUpstream): void {
  const issuer = onlyChild(element, ASSERTION_NS, "Issuer");
  const isExpected = ssoIssuer === "" || issuer === undefined || textOf(issuer) === ssoIssuer;
  ensure(isExpected, `${element.localName} is of another issuer`);
}

function requireChild(parent: Element, namespace: string, name: string): Element {
  const child = onlyChild(parent, namespace, name);
  if (child === undefined) throw untrusted(`${parent.localName} has no ${name}`);
  return child;
}

function ensure(holds: boolean, flaw: string): asserts holds {
  if (!holds) throw untrusted(flaw);
}
