import { DOMParser, type Element, type Node } from "@xmldom/xmldom";
import { untrusted } from "../../oidc/upstream-request.ts";

export const ASSERTION_NS = "urn:oasis:names:tc:SAML:2.0:assertion";
export const PROTOCOL_NS = "urn:oasis:names:tc:SAML:2.0:protocol";
export const SIGNATURE_NS = "http://www.w3.org/2000/09/xmldsig#";

const MAX_ELEMENTS = 20_000;
const MAX_DEPTH = 64;

/**
 * Parse a document that somebody sent. Refused is what SAML needs none of, and what parsers disagree about: document types, entities,
 * processing instructions, characters that are none, IDs that are given twice, whatever the parser finds odd.
 *
 * @returns the root.
 * @throws {ConnectorError} `untrusted`.
 */
export function parseSamlXml(text: string): Element {
  const body = text.replace(
    /^<\?xml(?:\s+version="1\.0")?(?:\s+encoding="[Uu][Tt][Ff]-8")?(?:\s+standalone="\w+")?\s*\?>/,
    "",
  );
  if (body.includes("<?")) throw untrusted("the document has processing instructions, or is not UTF-8");
  if (/<!(?!--|\[CDATA\[)/.test(body)) throw untrusted("the document has a document type");
  if (hasControls(body)) throw untrusted("the document has control characters");
  const root = parseStrictly(body);
  checkElements(root);
  return root;
}

/** Children of this name, in document order. */
export function childrenOf(parent: Element, namespace: string, name: string): readonly Element[] {
  return [...parent.childNodes]
    .filter(isElement)
    .filter((child) => child.namespaceURI === namespace && child.localName === name);
}

/**
 * The only child of this name.
 * @throws {ConnectorError} `untrusted` when there are several: whose word would count?
 */
export function onlyChild(parent: Element, namespace: string, name: string): Element | undefined {
  const [first, ...more] = childrenOf(parent, namespace, name);
  if (more.length > 0) throw untrusted(`${parent.localName} has several ${name}`);
  return first;
}

/** All of an element's own text: comments in it divide nothing. */
export function textOf(element: Element | undefined): string {
  const nodes = element === undefined ? [] : [...element.childNodes];
  const text = nodes
    .filter(({ nodeType }) => nodeType === 3 || nodeType === 4)
    .map(({ nodeValue }) => nodeValue ?? "")
    .join("");
  if (hasControls(text)) throw untrusted(`${element?.localName} has control characters`); // written as references
  return text;
}

/** An attribute without a namespace; empty when absent. */
export function attributeOf(element: Element | undefined, name: string): string {
  return element?.getAttributeNS(null, name) ?? "";
}

/** An element and all below it, in document order. */
export function allElements(root: Element): readonly Element[] {
  return [root, ...root.getElementsByTagName("*")];
}

export function isElement(node: Node): node is Element {
  return node.nodeType === 1;
}

/** Characters that XML does not have, however they are written (XML 1.0 §2.2). */
function hasControls(text: string): boolean {
  return /[\0-\x08\v\f\x0e-\x1f\ufffe\uffff]/.test(text);
}

function parseStrictly(text: string): Element {
  try {
    const onError = (_level: string, message: string): never => {
      throw new Error(message);
    };
    const root = new DOMParser({ locator: false, onError }).parseFromString(text, "application/xml").documentElement;
    if (root !== null) return root;
  } catch {
    // What the parser says may repeat what was sent.
  }
  throw untrusted("the document is not well-formed XML");
}

function checkElements(root: Element): void {
  const ids = new Set<string>();
  let count = 0;
  let level: readonly Element[] = [root];
  for (let depth = 1; level.length > 0; depth++) {
    count += level.length;
    if (depth > MAX_DEPTH || count > MAX_ELEMENTS) throw untrusted("the document has too many elements");
    level.forEach((element) => checkElement(element, ids));
    level = level.flatMap((element) => [...element.childNodes].filter(isElement));
  }
}

function checkElement(element: Element, ids: Set<string>): void {
  for (const { localName, value } of element.attributes) {
    if (localName?.toLowerCase() !== "id") continue;
    if (ids.has(value)) throw untrusted("the document gives an ID twice");
    ids.add(value);
  }
}
