import type { KeyObject, X509Certificate } from "node:crypto";
import { type Element, XMLSerializer } from "@xmldom/xmldom";
import { SignedXml } from "xml-crypto";
import { allElements, attributeOf, childrenOf, isElement, parseSamlXml, SIGNATURE_NS } from "./saml-xml.ts";
import { CANONICALIZATIONS, ENVELOPED_SIGNATURE, isWeakAlgorithm, restrictAlgorithms } from "./signature-algorithms.ts";

/** What a signature vouches for: parsed anew from the very bytes that were signed. */
export interface SignedElement {
  readonly element: Element;
  /** It was signed with SHA-1. */
  readonly isWeak: boolean;
}

/** Why a signature does not vouch for anything, in words for an operator. */
export interface SignatureFlaw {
  readonly flaw: string;
}

export interface SignedDocument {
  /** As it came. */
  readonly xml: string;
  /** That may sign, each valid now. */
  readonly certificates: readonly X509Certificate[];
}

/**
 * Is there a signature right in this element, of the whole element, by one of the certificates? What the signature itself says of keys
 * is not read.
 *
 * @see SAML 2.0 Core §5.4
 */
export function verifySignature(document: SignedDocument, element: Element): SignedElement | SignatureFlaw {
  const { localName } = element;
  const [signature, ...more] = childrenOf(element, SIGNATURE_NS, "Signature");
  if (signature === undefined) return { flaw: `${localName} is not signed` };
  if (more.length > 0) return { flaw: `${localName} has several signatures` };
  const flaw = findFlaw(signature, element);
  if (flaw !== undefined) return { flaw: `the signature of ${localName} ${flaw}` };
  for (const { publicKey } of document.certificates) {
    const signed = signedBytes(document.xml, signature, publicKey);
    const root = signed === undefined ? undefined : parseSamlXml(signed);
    if (root !== undefined && isSame(root, element)) return { element: root, isWeak: isWeak(signature) };
  }
  return { flaw: `the signature of ${localName} is of no configured certificate that is valid now` };
}

/** `Object` could hold anything, several references could be of anything: neither is in it. */
const SKELETON =
  /^Signature\(SignedInfo\(CanonicalizationMethod\(\),SignatureMethod\(\),Reference\(Transforms\(Transform\(\)(,Transform\(\))?\),DigestMethod\(\),DigestValue\(\)\)\),SignatureValue\(\)(,KeyInfo)?\)$/;

/** @see SAML 2.0 Core §5.4.2 to §5.4.4 */
function findFlaw(signature: Element, signed: Element): string | undefined {
  if (!SKELETON.test(skeletonOf(signature)) || hasComments(signature)) return "has an unexpected form";
  const [enveloped, ...canonicalizations] = algorithmsOf(signature, "Transform");
  const known = [...algorithmsOf(signature, "CanonicalizationMethod"), ...canonicalizations];
  if (enveloped !== ENVELOPED_SIGNATURE || !known.every((name) => CANONICALIZATIONS.has(name))) {
    return "transforms what it signs in an unexpected way";
  }
  const [reference] = partsOf(signature, "Reference");
  const uri = attributeOf(reference, "URI");
  const isWhole = uri === "" && signed.parentNode === signed.ownerDocument;
  return isWhole || uri === `#${attributeOf(signed, "ID")}` ? undefined : "is of another element";
}

/** The elements of a signature by name; what is in `KeyInfo` and which namespaces stay declared is not ours to judge. */
function skeletonOf(element: Element): string {
  const { namespaceURI, localName } = element;
  if (namespaceURI !== SIGNATURE_NS) return "?";
  if (localName === "KeyInfo") return localName;
  const children = [...element.childNodes]
    .filter(isElement)
    .filter((child) => child.localName !== "InclusiveNamespaces");
  return `${localName}(${children.map(skeletonOf).join()})`;
}

function hasComments(signature: Element): boolean {
  return allElements(signature).some((part) => [...part.childNodes].some(({ nodeType }) => nodeType === 8));
}

function isWeak(signature: Element): boolean {
  return ["SignatureMethod", "DigestMethod"].some((name) => algorithmsOf(signature, name).some(isWeakAlgorithm));
}

function algorithmsOf(signature: Element, name: string): readonly string[] {
  return partsOf(signature, name).map((part) => attributeOf(part, "Algorithm"));
}

function partsOf(signature: Element, name: string): readonly Element[] {
  const [info] = childrenOf(signature, SIGNATURE_NS, "SignedInfo");
  return info === undefined ? [] : [...info.getElementsByTagNameNS(SIGNATURE_NS, name)];
}

/** The canonical form that was signed, or undefined when it was not, or not by this key. */
function signedBytes(xml: string, signature: Element, key: KeyObject): string | undefined {
  const verifier = new SignedXml({ publicCert: key });
  restrictAlgorithms(verifier);
  try {
    verifier.loadSignature(new XMLSerializer().serializeToString(signature));
    if (!verifier.checkSignature(xml)) return undefined;
  } catch {
    return undefined; // says what it is about a signature, or about a document, that does not fit together
  }
  const [signed, ...more] = verifier.getSignedReferences();
  return more.length === 0 ? signed : undefined;
}

function isSame(signed: Element, element: Element): boolean {
  return (
    signed.namespaceURI === element.namespaceURI &&
    signed.localName === element.localName &&
    attributeOf(signed, "ID") === attributeOf(element, "ID")
  );
}
