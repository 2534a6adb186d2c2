import type { Element } from "@xmldom/xmldom";
import type { SamlUpstream } from "../../../config/dex-connector-configuration.ts";
import type { Identity } from "../../../protocol/identity.ts";
import type { WantedParts } from "../../connector.ts";
import { denied } from "../../oauth2/api-request.ts";
import { untrusted } from "../../oidc/upstream-request.ts";
import { ASSERTION_NS, attributeOf, childrenOf, onlyChild, textOf } from "./saml-xml.ts";

type Rules = Pick<
  SamlUpstream,
  "usernameAttr" | "emailAttr" | "groupsAttr" | "groupsDelimiter" | "allowedGroups" | "filterGroups"
>;

/** Attributes by name, each with its values; one that is stated again has more values. */
type Attributes = ReadonlyMap<string, readonly string[]>;

/**
 * Who an assertion is about, and may they enter?
 * @throws {ConnectorError} `untrusted` when it does not tell who; `denied` when it lacks what must be known, or the required groups.
 */
export function readAssertionIdentity(assertion: Element, rules: Rules, wants: WantedParts): Identity {
  const subject = onlyChild(assertion, ASSERTION_NS, "Subject");
  const userId = textOf(subject && onlyChild(subject, ASSERTION_NS, "NameID"));
  if (userId === "") throw untrusted("the assertion has no name identifier");
  const attributes = readAttributes(assertion);
  return {
    userId,
    username: requireAttribute(attributes, rules.usernameAttr),
    preferredUsername: "",
    email: requireAttribute(attributes, rules.emailAttr),
    emailVerified: true,
    groups: readGroups(attributes, rules, wants),
  };
}

function readAttributes(assertion: Element): Attributes {
  const attributes = new Map<string, readonly string[]>();
  const statements = childrenOf(assertion, ASSERTION_NS, "AttributeStatement");
  if (statements.length === 0) throw untrusted("the assertion has no attributes");
  for (const attribute of statements.flatMap((statement) => childrenOf(statement, ASSERTION_NS, "Attribute"))) {
    const name = attributeOf(attribute, "Name");
    const values = childrenOf(attribute, ASSERTION_NS, "AttributeValue").map(textOf);
    attributes.set(name, [...(attributes.get(name) ?? []), ...values]);
  }
  return attributes;
}

function requireAttribute(attributes: Attributes, name: string): string {
  const value = attributes.get(name)?.[0] ?? "";
  if (value === "") throw missing(attributes, name);
  return value;
}

/** Groups are told to who asks for them only, and those who do not ask cannot be checked: with allowed groups nobody enters then. */
function readGroups(attributes: Attributes, rules: Rules, wants: WantedParts): readonly string[] {
  const { groupsAttr, groupsDelimiter, allowedGroups, filterGroups } = rules;
  if (!wants.groups || groupsAttr === "") {
    if (allowedGroups.length > 0) throw denied("groups are required, but not asked for");
    return [];
  }
  const values = attributes.get(groupsAttr);
  if (values === undefined) throw missing(attributes, groupsAttr);
  const groups = groupsDelimiter === "" ? values : (values[0] ?? "").split(groupsDelimiter);
  if (allowedGroups.length === 0) return groups;
  const allowed = groups.filter((group) => allowedGroups.includes(group));
  if (allowed.length === 0) throw denied("in none of the allowed groups");
  return filterGroups ? allowed : groups;
}

function missing(attributes: Attributes, name: string): Error {
  const names = [...attributes.keys()].join(", ").slice(0, 500);
  return denied(`the assertion has no attribute ${JSON.stringify(name)}; it has ${names || "none"}`);
}
