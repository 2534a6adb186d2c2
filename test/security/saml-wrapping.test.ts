import { describe, expect, test } from "bun:test";
import { createHmac, createSign, X509Certificate } from "node:crypto";
import { type Document, DOMParser, type Element, XMLSerializer } from "@xmldom/xmldom";
import { ConnectorError } from "../../src/connector/connector-error.ts";
import { failureOf, reasonOf, TRANSACTION } from "../support/fake-vendor.ts";
import {
  ALGORITHMS,
  answer,
  samlAssertion,
  samlConnector,
  samlResponse,
  sign,
  signingPair,
  type Statement,
} from "../support/saml-idp.ts";

/**
 * Somebody has a response that was really signed, for an account of their own, and wants to be somebody else.
 * @see Somorovsky et al., "On Breaking SAML: Be Whoever You Want to Be" (USENIX Security 2012): XSW1 to XSW8
 */
const EVIL: Statement = {
  nameId: "admin",
  assertionId: "_evil",
  attributes: { name: ["Admin"], email: ["admin@example.com"] },
};
const SIGNED_RESPONSE = sign(samlResponse(), { of: "Response" });
const SIGNED_ASSERTION = sign(samlResponse(), { of: "Assertion" });

/** What a signed document is made of, to be put together anew. */
interface Parts {
  readonly document: Document;
  readonly response: Element;
  readonly assertion: Element;
  readonly signature: Element;
  /** The signed element without its signature. */
  readonly bare: Element;
  /** An assertion that nobody signed. */
  readonly evil: Element;
}

type Wrap = (parts: Parts) => unknown;

function wrapped(signed: string, wrap: Wrap): string {
  const document = new DOMParser().parseFromString(signed, "text/xml");
  const response = document.documentElement!;
  const [assertion] = [...document.getElementsByTagNameNS("*", "Assertion")];
  const [signature] = [...document.getElementsByTagNameNS("*", "Signature")];
  const bare = signature!.parentNode!.cloneNode(true) as Element; // a signature stands in an element
  bare.removeChild([...bare.childNodes].find(({ nodeName }) => nodeName === "ds:Signature")!);
  const withNamespace = samlAssertion(EVIL).replace(
    "<saml:Assertion",
    '<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"',
  );
  const evilDocument = new DOMParser().parseFromString(withNamespace, "text/xml");
  const evil = document.importNode(evilDocument.documentElement!, true);
  wrap({ document, response, assertion: assertion!, signature: signature!, bare, evil });
  return new XMLSerializer().serializeToString(document);
}

/** Make the response itself say what nobody signed. */
function pretend({ response, assertion, evil }: Parts): void {
  response.setAttribute("ID", "_evil_response");
  response.replaceChild(evil, assertion);
}

const OF_RESPONSES: Readonly<Record<string, Wrap>> = {
  "XSW1: the signed response in the signature": (parts) => {
    pretend(parts);
    parts.signature.appendChild(parts.bare);
  },
  "XSW2: the signed response before the signature": (parts) => {
    pretend(parts);
    parts.response.insertBefore(parts.bare, parts.signature);
  },
  "the signed response in an extension": (parts) => {
    pretend(parts);
    const extensions = parts.document.createElementNS("urn:oasis:names:tc:SAML:2.0:protocol", "samlp:Extensions");
    extensions.appendChild(parts.bare);
    parts.response.insertBefore(extensions, parts.evil);
  },
  "the signed response with its ID, and another one with the same": (parts) => {
    parts.response.replaceChild(parts.evil, parts.assertion);
    parts.signature.appendChild(parts.bare);
  },
  "another assertion before the signed one": ({ response, assertion, evil }) => response.insertBefore(evil, assertion),
  "another assertion instead of the signed one": ({ response, assertion, evil }) =>
    response.replaceChild(evil, assertion),
};

const OF_ASSERTIONS: Readonly<Record<string, Wrap>> = {
  "XSW3: another assertion before the signed one": ({ response, assertion, evil }) =>
    response.insertBefore(evil, assertion),
  "another assertion after the signed one": ({ response, evil }) => response.appendChild(evil),
  "XSW4: the signed assertion in another one": ({ response, assertion, evil }) => {
    response.replaceChild(evil, assertion);
    evil.appendChild(assertion);
  },
  "XSW5: the signature in another assertion, the signed one after it": ({
    response,
    assertion,
    signature,
    bare,
    evil,
  }) => {
    evil.insertBefore(signature, evil.childNodes[1] ?? null);
    response.replaceChild(evil, assertion);
    response.appendChild(bare);
  },
  "XSW6: the signed assertion in the signature, in another one": ({ response, assertion, signature, bare, evil }) => {
    evil.insertBefore(signature, evil.childNodes[1] ?? null);
    signature.appendChild(bare);
    response.replaceChild(evil, assertion);
  },
  "XSW7: another assertion in an extension before the signed one": ({ document, response, assertion, evil }) => {
    const extensions = document.createElementNS("urn:oasis:names:tc:SAML:2.0:protocol", "samlp:Extensions");
    extensions.appendChild(evil);
    response.insertBefore(extensions, assertion);
  },
  "XSW8: the signed assertion in an object of the signature": ({
    document,
    response,
    assertion,
    signature,
    bare,
    evil,
  }) => {
    const object = document.createElementNS("http://www.w3.org/2000/09/xmldsig#", "ds:Object");
    object.appendChild(bare);
    signature.appendChild(object);
    evil.insertBefore(signature, evil.childNodes[1] ?? null);
    response.replaceChild(evil, assertion);
  },
  "the signed assertion in advice of another one": ({ document, response, assertion, evil }) => {
    const advice = document.createElementNS("urn:oasis:names:tc:SAML:2.0:assertion", "saml:Advice");
    response.replaceChild(evil, assertion);
    advice.appendChild(assertion);
    evil.appendChild(advice);
  },
  "the signature one level up": ({ response, assertion, signature, evil }) => {
    assertion.removeChild(signature);
    response.insertBefore(signature, assertion);
    response.replaceChild(evil, assertion);
  },
  "another assertion with the ID of the signed one": ({ response, assertion, evil }) => {
    evil.setAttribute("ID", "_assertion");
    response.insertBefore(evil, assertion);
  },
  "another assertion with that ID in an attribute of another case": ({ response, assertion, evil }) => {
    evil.setAttribute("Id", "_assertion");
    evil.removeAttribute("ID");
    response.insertBefore(evil, assertion);
  },
  "an assertion of another namespace before the signed one": ({ document, response, assertion }) => {
    const other = document.createElementNS("urn:oasis:names:tc:SAML:1.0:assertion", "old:Assertion");
    response.insertBefore(other, assertion);
  },
  "two signatures": ({ assertion, signature }) => assertion.insertBefore(signature.cloneNode(true), signature),
};

describe("a signature that was moved signs nobody in", () => {
  test.each(Object.entries(OF_RESPONSES))("%s", async (_name, wrap) => {
    expect((await failureOf(answer(wrapped(SIGNED_RESPONSE, wrap)))).reason).toBe("untrusted");
  });

  test.each(Object.entries(OF_ASSERTIONS))("%s", async (_name, wrap) => {
    expect((await failureOf(answer(wrapped(SIGNED_ASSERTION, wrap)))).reason).toBe("untrusted");
  });

  test("what these tests put together is good as long as nothing is moved", async () => {
    for (const signed of [SIGNED_RESPONSE, SIGNED_ASSERTION]) {
      expect((await answer(wrapped(signed, () => {}))).identity.userId).toBe("alice-id");
    }
  });
});

describe("what is not signed is not believed", () => {
  const inAssertion = (from: string | RegExp, to: string): string => SIGNED_ASSERTION.replace(from, to);

  test.each<[string, string]>([
    ["a response without a signature", samlResponse(EVIL)],
    ["a changed name identifier", inAssertion(">alice-id<", ">admin<")],
    ["a changed address", SIGNED_RESPONSE.replace("alice@example.com", "admin@example.com")],
    ["a changed group", inAssertion(">staff<", ">root<")],
    ["a space more", inAssertion(">alice-id<", ">alice-id <")],
    ["an attribute more", inAssertion("</saml:AttributeStatement>", "$&<saml:AttributeStatement/>")],
    ["a changed digest", inAssertion(/<ds:DigestValue>./, "<ds:DigestValue>A")],
    ["a changed signature", inAssertion(/<ds:SignatureValue>./, "<ds:SignatureValue>A")],
    ["an empty signature", inAssertion(/<ds:SignatureValue>[^<]*/, "<ds:SignatureValue>")],
    ["no signature value", inAssertion(/<ds:SignatureValue>[^<]*<\/ds:SignatureValue>/, "")],
    ["no references", inAssertion(/<ds:Reference .*<\/ds:Reference>/, "")],
    ["a digest with a comment", inAssertion("<ds:DigestValue>", "<ds:DigestValue><!--x-->")],
    ["a signature value with a comment", inAssertion("<ds:SignatureValue>", "<ds:SignatureValue><!--x-->")],
    ["two parts of what is signed", inAssertion(/<ds:SignedInfo>.*<\/ds:SignedInfo>/, "$&$&")],
    ["another transform", inAssertion(ALGORITHMS.enveloped, "http://www.w3.org/TR/1999/REC-xpath-19991116")],
    ["another canonical form", inAssertion(ALGORITHMS.exclusive, "http://www.w3.org/2006/12/xml-c14n11")],
    ["a reference to nothing", inAssertion('URI="#_assertion"', 'URI="#_nothing"')],
    ["a reference to everything", inAssertion('URI="#_assertion"', 'URI=""')],
    ["a reference that is a path", inAssertion('URI="#_assertion"', `URI="#' or '1'='1"`)],
    ["a response of another name", SIGNED_RESPONSE.replaceAll("samlp:Response", "samlp:ArtifactResponse")],
    [
      "an assertion alone",
      samlAssertion().replace("<saml:Assertion", '<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"'),
    ],
    ["an encrypted assertion", samlResponse().replaceAll("saml:Assertion", "saml:EncryptedAssertion")],
  ])("%s", async (_name, xml) => {
    expect((await failureOf(answer(xml))).reason).toBe("untrusted");
  });

  test("the signature of somebody whose certificate the response brings along", async () => {
    const own = signingPair("saml.example.com");
    for (const of of ["Response", "Assertion"] as const) {
      const signed = sign(samlResponse(EVIL), { of, by: own });
      expect(signed).toContain("X509Certificate");
      expect(reasonOf(await failureOf(answer(signed)))).toContain("of no configured certificate");
    }
  });

  test("a certificate that ended, or does not hold yet", async () => {
    const connector = samlConnector();
    for (const days of [-2, 2]) {
      const late = samlConnector({}, () => Date.now() / 1000 + days * 86_400);
      expect(reasonOf(await failureOf(answer(SIGNED_RESPONSE, late.connector)))).toContain("valid now");
    }
    expect((await answer(SIGNED_RESPONSE, connector.connector)).identity.userId).toBe("alice-id");
  });

  test("a signature with the certificate, or its key, as a shared secret", async () => {
    const pair = signingPair("saml.example.com");
    const connector = samlConnector({ certificates: pair.certificate }).connector;
    const secrets = [
      pair.certificate,
      new X509Certificate(pair.certificate).publicKey.export({ type: "spki", format: "pem" }),
    ];
    for (const secret of secrets) {
      const signed = sign(samlResponse(EVIL), { of: "Assertion", by: pair });
      const info =
        /<ds:SignedInfo>.*<\/ds:SignedInfo>/
          .exec(signed)?.[0]
          .replace(ALGORITHMS.rsaSha256, "http://www.w3.org/2000/09/xmldsig#hmac-sha1") ?? "";
      const value = createHmac("sha1", secret)
        .update(info.replace("<ds:SignedInfo>", '<ds:SignedInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">'))
        .digest("base64");
      const forged = signed
        .replace(/<ds:SignedInfo>.*<\/ds:SignedInfo>/, info)
        .replace(/<ds:SignatureValue>[^<]*/, `<ds:SignatureValue>${value}`);
      expect((await failureOf(answer(forged, connector))).reason).toBe("untrusted");
    }
  });

  test("a part of an assertion that is signed by itself", async () => {
    const pair = signingPair("saml.example.com");
    const connector = samlConnector({ certificates: pair.certificate }).connector;
    const subject = samlResponse().replace("<saml:Subject>", '<saml:Subject ID="_subject">');
    const signed = sign(subject, { of: "Assertion", by: pair }).replace('URI="#_assertion"', 'URI="#_subject"');
    const info = /<ds:SignedInfo>.*<\/ds:SignedInfo>/.exec(signed)?.[0] ?? "";
    const canonical = info.replace("<ds:SignedInfo>", '<ds:SignedInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">');
    const value = createSign("sha256").update(canonical).sign(pair.key, "base64");
    const forged = signed.replace(/<ds:SignatureValue>[^<]*/, `<ds:SignatureValue>${value}`);
    expect(reasonOf(await failureOf(answer(forged, connector)))).toContain("of another element");
  });
});

describe("what a parser may trip over", () => {
  const canonicalize = (canonicalization: string): string =>
    sign(
      samlResponse({ nameId: "admin<!-- -->.mallory", attributes: { email: ["admin@example.com<!-- -->.evil.test"] } }),
      {
        of: "Assertion",
        transforms: [ALGORITHMS.enveloped, canonicalization],
      },
    );

  test.each([ALGORITHMS.exclusive, ALGORITHMS.exclusiveWithComments, ALGORITHMS.inclusive])(
    "comments divide no text (%s)",
    async (canonicalization) => {
      const { identity } = await answer(canonicalize(canonicalization));
      expect(identity).toMatchObject({ userId: "admin.mallory", email: "admin@example.com.evil.test" });
    },
  );

  test("comments that are put in later divide no text either", async () => {
    const { identity } = await answer(SIGNED_ASSERTION.replace(">alice-id<", ">ali<!--x-->ce-id<"));
    expect(identity.userId).toBe("alice-id");
  });

  const before = (declaration: string, xml = SIGNED_RESPONSE): string => `${declaration}${xml}`;

  test.each<[string, string]>([
    ["a document type", before("<!DOCTYPE Response>")],
    ["an entity", before('<!DOCTYPE x [<!ENTITY e "admin">]>', SIGNED_RESPONSE.replace(">alice-id<", ">&e;<"))],
    ["an external entity", before('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>')],
    ["entities of entities", before('<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>')],
    ["a document type in another case", before("<!doctype x>")],
    ["an unknown entity", SIGNED_RESPONSE.replace(">alice-id<", ">&admin;<")],
    ["a processing instruction", SIGNED_RESPONSE.replace(">alice-id<", "><?x admin?>alice-id<")],
    ["a stylesheet", before('<?xml-stylesheet href="x"?>')],
    ["another encoding", before('<?xml version="1.0" encoding="UTF-7"?>')],
    ["a second declaration", before('<?xml version="1.0"?><?xml version="1.0"?>')],
    ["a name with two colons", SIGNED_RESPONSE.replace("<saml:Issuer>", "<saml:x:Issuer/>$&")],
    ["a name that begins with a colon", SIGNED_RESPONSE.replace("<saml:Issuer>", "<:x/>$&")],
    ["an attribute that begins with a colon", SIGNED_RESPONSE.replace("<samlp:Status>", '<samlp:Status :x="1">')],
    ["a prefix that stands for nothing", SIGNED_RESPONSE.replace("<samlp:Status>", '<samlp:Status evil:x="1">')],
    ["an attribute twice", SIGNED_RESPONSE.replace('Version="2.0"', 'Version="2.0" Version="1.1"')],
    ["an attribute without a value", SIGNED_RESPONSE.replace("<samlp:Status>", "<samlp:Status x>")],
    ["an element that does not end", SIGNED_RESPONSE.replace("</samlp:Status>", "")],
    ["two roots", `${SIGNED_RESPONSE}${SIGNED_RESPONSE}`],
    ["text after the root", `${SIGNED_RESPONSE}admin`],
    ["nothing", " "],
    ["text", "admin"],
    ["a NUL", sign(samlResponse({ nameId: "admin&#0;x" }), { of: "Response" })],
    ["a control character", SIGNED_RESPONSE.replace(">alice-id<", ">\u0001alice-id<")],
    ["elements in elements without end", "<a>".repeat(300_000)],
    ["many elements in elements", `${"<a>".repeat(20_000)}${"</a>".repeat(20_000)}`],
    ["very many elements", `<a>${"<b/>".repeat(100_000)}</a>`],
  ])("%s is refused", async (_name, xml) => {
    expect((await failureOf(answer(xml))).reason).toBe("untrusted");
  });

  test.each<[string, URLSearchParams]>([
    ["no response", new URLSearchParams()],
    ["an empty one", new URLSearchParams({ SAMLResponse: "" })],
    [
      "two",
      new URLSearchParams([
        ["SAMLResponse", toBase64(SIGNED_RESPONSE)],
        ["SAMLResponse", toBase64(SIGNED_RESPONSE)],
      ]),
    ],
    ["one that is not base64", new URLSearchParams({ SAMLResponse: SIGNED_RESPONSE })],
    ["one in the alphabet of URLs", new URLSearchParams({ SAMLResponse: "PD94_-8=" })],
    ["one without its padding", new URLSearchParams({ SAMLResponse: "PD94b" })],
    [
      "one that is not UTF-8",
      new URLSearchParams({ SAMLResponse: Buffer.from(SIGNED_RESPONSE, "utf16le").toString("base64") }),
    ],
    [
      "one of more than 1 MiB",
      new URLSearchParams({ SAMLResponse: toBase64(`${SIGNED_RESPONSE}${" ".repeat(1_048_576)}`) }),
    ],
  ])("a callback with %s is refused", async (_name, callback) => {
    const login = samlConnector().connector.redeem(callback, TRANSACTION);
    expect((await failureOf(login)).reason).toBe("untrusted");
  });

  test("nothing that is put anywhere into a signed response makes another person of it", async () => {
    const pieces = [
      "admin",
      "<!--x-->",
      "<![CDATA[admin]]>",
      "<x/>",
      "<saml:NameID>admin</saml:NameID>",
      samlAssertion(EVIL),
      "&#97;",
      '"',
      " ID='_assertion'",
      " xmlns='urn:x'",
    ];
    const random = seededRandom(20_261_125);
    const ends = { signedIn: 0, refused: 0 };
    for (let round = 0; round < 400; round++) {
      const signed = round % 2 === 0 ? SIGNED_RESPONSE : SIGNED_ASSERTION;
      const at = Math.floor(random() * signed.length);
      const removed = random() < 0.5 ? 0 : Math.floor(random() * 40);
      const piece = pieces[Math.floor(random() * pieces.length)] ?? "";
      const ending = await answer(`${signed.slice(0, at)}${piece}${signed.slice(at + removed)}`).catch(
        (error: unknown) => error,
      );
      if (ending instanceof ConnectorError) {
        ends.refused += 1;
        continue;
      }
      expect(ending).toMatchObject({
        identity: { userId: "alice-id", email: "alice@example.com", groups: ["staff", "admins"] },
      });
      ends.signedIn += 1;
    }
    expect(ends.signedIn).toBeGreaterThan(10); // comments, and what stands outside of a signed assertion
    expect(ends.refused).toBeGreaterThan(200);
  });
});

function toBase64(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** Mulberry32. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
