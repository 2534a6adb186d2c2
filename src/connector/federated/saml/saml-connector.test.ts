import { describe, expect, test } from "bun:test";
import { failureOf, reasonOf, TRANSACTION } from "../../../../test/support/fake-vendor.ts";
import {
  ALGORITHMS,
  answer,
  samlConnector,
  samlResponse,
  sign,
  signingPair,
  type SigningChoice,
  type Statement,
} from "../../../../test/support/saml-idp.ts";
import { keptBy, storedLogin } from "../../../../test/support/vendor-site.ts";
import type { SamlUpstream } from "../../../config/dex-connector-configuration.ts";
import type { Login } from "../../../protocol/identity.ts";

const toBase64 = (text: string): string => Buffer.from(text).toString("base64");

const ALICE = {
  userId: "alice-id",
  username: "Alice W",
  preferredUsername: "",
  email: "alice@example.com",
  emailVerified: true,
  groups: ["staff", "admins"],
};

const signIn = (statement: Statement = {}, changed: Partial<SamlUpstream> = {}): Promise<Login> =>
  answer(sign(samlResponse(statement), { of: "Response" }), samlConnector(changed).connector);

const assertionOnly = (statement: Statement = {}, changed: Partial<SamlUpstream> = {}): Promise<Login> =>
  answer(sign(samlResponse(statement), { of: "Assertion" }), samlConnector(changed).connector);

describe("the request", () => {
  const requestOf = async (changed: Partial<SamlUpstream> = {}): Promise<string> => {
    const { fields } = await samlConnector(changed).connector.authorizationForm(TRANSACTION);
    return Buffer.from(fields.SAMLRequest ?? "", "base64").toString();
  };

  test("is posted to the identity provider with the state", async () => {
    const { action, fields } = await samlConnector().connector.authorizationForm(TRANSACTION);
    expect(action.href).toBe("https://saml.example.com/sso");
    expect(fields).toEqual({ SAMLRequest: expect.any(String), RelayState: "a-state" });
  });

  test("says what dex says", async () => {
    const request = await requestOf({ entityIssuer: "https://gatehouse.example.com/?a=1&b=<2>" });
    expect(request.replace(/IssueInstant="20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ"/, "")).toBe(
      '<AuthnRequest xmlns="urn:oasis:names:tc:SAML:2.0:protocol" ID="a-state" Version="2.0"  ' +
        'Destination="https://saml.example.com/sso" ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" ' +
        'AssertionConsumerServiceURL="https://gatehouse.example.com/callback">\n  ' +
        '<Issuer xmlns="urn:oasis:names:tc:SAML:2.0:assertion">https://gatehouse.example.com/?a=1&#38;b=&#60;2&#62;</Issuer>\n  ' +
        '<NameIDPolicy AllowCreate="true" Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"></NameIDPolicy>\n' +
        "</AuthnRequest>",
    );
  });

  test("names no issuer where none is configured", async () => {
    expect(await requestOf()).not.toContain("Issuer");
  });
});

describe("a signed response", () => {
  const { exclusive, exclusiveWithComments, enveloped, inclusive, rsaSha512, sha512 } = ALGORITHMS;

  test.each<[string, readonly SigningChoice[]]>([
    ["as a whole", [{ of: "Response" }]],
    ["in its assertion", [{ of: "Assertion" }]],
    ["in both", [{ of: "Assertion" }, { of: "Response" }]],
    ["with SHA-512", [{ of: "Response", signature: rsaSha512, digest: sha512 }]],
    ["in canonical form with comments", [{ of: "Response", transforms: [enveloped, exclusiveWithComments] }]],
    [
      "in inclusive canonical form",
      [{ of: "Response", canonicalization: inclusive, transforms: [enveloped, inclusive] }],
    ],
    [
      "in an assertion in inclusive canonical form",
      [{ of: "Assertion", canonicalization: inclusive, transforms: [enveloped, inclusive] }],
    ],
    [
      "in the canonical form that is meant by none",
      [{ of: "Assertion", canonicalization: exclusive, transforms: [enveloped] }],
    ],
  ])("signs in: %s", async (_name, choices) => {
    const { connector, logged } = samlConnector();
    const login = await answer(choices.reduce(sign, samlResponse()), connector);
    expect(login.identity).toEqual(ALICE);
    expect(logged).toEqual([]);
  });

  test("signs in with SHA-1 too, with a warning", async () => {
    const { connector, logged } = samlConnector();
    const { rsaSha1, sha1 } = ALGORITHMS;
    await answer(sign(samlResponse(), { of: "Assertion", signature: rsaSha1, digest: sha1 }), connector);
    expect(logged.join()).toContain("signed with SHA-1");
  });

  test("signs in by any of the configured certificates", async () => {
    const [old, next] = [signingPair("old"), signingPair("next")];
    const certificates = `# old\n${old.certificate}\n# next\n${next.certificate}`;
    const signed = sign(samlResponse(), { of: "Response", by: next });
    expect((await answer(signed, samlConnector({ certificates }).connector)).identity).toEqual(ALICE);
  });

  test("signs in with an XML declaration, and with base64 in lines", async () => {
    const xml = `<?xml version="1.0" encoding="UTF-8"?>\n${sign(samlResponse(), { of: "Response" })}`;
    const lines = Buffer.from(xml).toString("base64").replaceAll(/.{76}/g, "$&\r\n");
    const callback = new URLSearchParams({ SAMLResponse: lines });
    expect((await samlConnector().connector.redeem(callback, TRANSACTION)).identity).toEqual(ALICE);
  });

  test("signs in once, whatever the identity provider calls its assertions", async () => {
    const { connector } = samlConnector();
    await answer(sign(samlResponse(), { of: "Assertion" }), connector);
    for (const assertionId of ["_assertion", "_another"]) {
      const again = answer(sign(samlResponse({ assertionId }), { of: "Assertion" }), connector);
      expect(reasonOf(await failureOf(again))).toBe("the request was answered before");
    }
    const callback = new URLSearchParams({
      SAMLResponse: toBase64(sign(samlResponse({ requestId: "next" }), { of: "Assertion" })),
    });
    expect((await connector.redeem(callback, { ...TRANSACTION, state: "next" })).identity).toEqual(ALICE);
  });

  test("that was refused may be answered again", async () => {
    const { connector } = samlConnector();
    await failureOf(answer(sign(samlResponse({ nameId: "" }), { of: "Assertion" }), connector));
    expect((await answer(sign(samlResponse(), { of: "Assertion" }), connector)).identity).toEqual(ALICE);
  });
});

describe("a response signs nobody in", () => {
  const inSigned = (from: string | RegExp, to: string): Promise<Login> =>
    answer(sign(samlResponse().replace(from, to), { of: "Response" }));

  test.each<[string, Statement, Partial<SamlUpstream>]>([
    ["that answers another request", { requestId: "other" }, {}],
    ["for another destination", { destination: "https://elsewhere.example/callback" }, {}],
    ["for another recipient", { recipient: "https://elsewhere.example/callback" }, {}],
    ["for another audience", { audience: "https://elsewhere.example" }, {}],
    ["for our callback when our name is another", {}, { entityIssuer: "https://gatehouse.example.com/entity" }],
    ["of another issuer", { issuer: "https://evil.example" }, { ssoIssuer: "https://saml.example.com" }],
    ["that ended", { notOnOrAfter: -31 }, {}],
    ["of the future", { notBefore: 35 }, {}],
    ["about nobody", { nameId: "" }, {}],
  ])("%s", async (_name, statement, changed) => {
    expect((await failureOf(signIn(statement, changed))).reason).toBe("untrusted");
    const { destination, ...assertion } = statement;
    if (destination === undefined)
      expect((await failureOf(assertionOnly(assertion, changed))).reason).toBe("untrusted");
  });

  test.each([
    ["without a status", /<samlp:Status>.*<\/samlp:Status>/, ""],
    ["without a status code", /<samlp:StatusCode[^>]*>/, ""],
    ["of an older version", 'Version="2.0"', 'Version="1.1"'],
    ["with an assertion of an older version", /(<saml:Assertion.*)Version="2.0"/, '$1Version="1.1"'],
    ["without a subject", /<saml:Subject>.*<\/saml:Subject>/, ""],
    ["without a confirmation", /<saml:SubjectConfirmation .*<\/saml:SubjectConfirmation>/, ""],
    ["without data of the confirmation", /<saml:SubjectConfirmationData[^>]*>/, ""],
    ["that is for a holder of a key", "cm:bearer", "cm:holder-of-key"],
    ["without attributes", /<saml:AttributeStatement>.*<\/saml:AttributeStatement>/, ""],
    ["with two subjects", /<saml:Subject>.*<\/saml:Subject>/, "$&$&"],
    ["with two name identifiers", /<saml:NameID .*<\/saml:NameID>/, "$&$&"],
    ["with times in another form", /NotOnOrAfter="[^"]*"/, 'NotOnOrAfter="2999-01-01"'],
    ["with times in another zone", /NotOnOrAfter="[^"]*"/, 'NotOnOrAfter="2999-01-01T00:00:00+01:00"'],
  ])("%s", async (_name, from, to) => {
    const error = await failureOf(inSigned(from, to));
    expect(["untrusted", "denied"]).toContain(error.reason);
  });

  test("that names neither a recipient nor an audience: it could be for anybody", async () => {
    const anybody = samlResponse()
      .replaceAll(/ Recipient="[^"]*"/g, "")
      .replace(/<saml:AudienceRestriction>.*<\/saml:AudienceRestriction>/, "");
    expect(reasonOf(await failureOf(answer(sign(anybody, { of: "Response" }))))).toContain("neither a recipient");
  });

  test("that never ends", async () => {
    const endless = samlResponse().replaceAll(/ NotOnOrAfter="[^"]*"/g, "");
    expect(reasonOf(await failureOf(answer(sign(endless, { of: "Response" }))))).toContain("how long it holds");
  });

  test("when one of several audience restrictions is not for us", async () => {
    const elsewhere =
      "<saml:AudienceRestriction><saml:Audience>https://elsewhere.example</saml:Audience></saml:AudienceRestriction>";
    const error = await failureOf(inSigned("</saml:Conditions>", `${elsewhere}</saml:Conditions>`));
    expect(reasonOf(error)).toBe("the assertion is for another audience");
  });

  test("when the identity provider signed nobody in, and says so to the log", async () => {
    const error = await failureOf(signIn({ status: "urn:oasis:names:tc:SAML:2.0:status:Responder" }));
    expect(error.reason).toBe("denied");
    expect(reasonOf(error)).toBe("the identity provider answered Responder");
  });
});

describe("clocks may be 30 seconds apart", () => {
  test.each<[string, Statement]>([
    ["a response that ended 28 seconds ago", { notOnOrAfter: -28 }],
    ["a response that holds in 28 seconds", { notBefore: 28 }],
  ])("%s signs in", async (_name, statement) => {
    expect((await signIn(statement)).identity).toEqual(ALICE);
  });
});

describe("a response may leave out", () => {
  test.each([
    ["the destination", / Destination="[^"]*"/],
    ["the recipient, when it names an audience", / Recipient="[^"]*"/],
    ["the conditions, when it names a recipient", /<saml:Conditions .*<\/saml:Conditions>/],
    ["the start of its time", / NotBefore="[^"]*"/],
  ])("%s", async (_name, part) => {
    const xml = samlResponse().replace(part, "").replace(part, "");
    expect((await answer(sign(xml, { of: "Response" }))).identity).toEqual(ALICE);
  });

  test("nothing that another confirmation makes good", async () => {
    const wrong =
      '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData InResponseTo="x"/></saml:SubjectConfirmation>';
    const xml = samlResponse().replace("<saml:SubjectConfirmation ", `${wrong}<saml:SubjectConfirmation `);
    expect((await answer(sign(xml, { of: "Response" }))).identity).toEqual(ALICE);
  });
});

describe("who it is", () => {
  const allowed = (...allowedGroups: readonly string[]): Partial<SamlUpstream> => ({ allowedGroups });

  test.each<[string, Statement, Partial<SamlUpstream>, Partial<Login["identity"]>]>([
    [
      "odd text",
      { nameId: 'ü &lt;&amp;&gt; "', attributes: { name: ["Ä &lt;b&gt;"] } },
      {},
      { userId: 'ü <&> "', username: "Ä <b>" },
    ],
    ["text in sections", { nameId: "<![CDATA[al]]>ice" }, {}, { userId: "alice" }],
    [
      "the first of several values",
      { attributes: { email: ["first@example.com", "b@example.com"] } },
      {},
      { email: "first@example.com" },
    ],
    ["delimited groups", { attributes: { groups: ["a,b", "c"] } }, { groupsDelimiter: "," }, { groups: ["a", "b"] }],
    ["no groups where none are configured", {}, { groupsAttr: "" }, { groups: [] }],
    ["all groups when one is allowed", {}, allowed("staff", "x"), { groups: ["staff", "admins"] }],
    ["allowed groups only", {}, { ...allowed("staff", "x"), filterGroups: true }, { groups: ["staff"] }],
  ])("%s", async (_name, statement, changed, expected) => {
    expect((await signIn(statement, changed)).identity).toMatchObject(expected);
  });

  test("attributes that are stated in several places", async () => {
    const more =
      '<saml:AttributeStatement><saml:Attribute Name="groups"><saml:AttributeValue>late</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>';
    const xml = samlResponse().replace("</saml:Assertion>", `${more}</saml:Assertion>`);
    expect((await answer(sign(xml, { of: "Response" }))).identity.groups).toEqual(["staff", "admins", "late"]);
  });

  test.each<[string, Statement, Partial<SamlUpstream>]>([
    ["no address", {}, { emailAttr: "mail" }],
    ["an empty name", { attributes: { name: [""] } }, {}],
    ["no groups, where they are configured", {}, { groupsAttr: "memberOf" }],
    ["none of the allowed groups", {}, allowed("x")],
    ["allowed groups, where none are configured", {}, { ...allowed("staff"), groupsAttr: "" }],
  ])("is nobody with %s", async (_name, statement, changed) => {
    expect((await failureOf(signIn(statement, changed))).reason).toBe("denied");
  });

  test("is told with groups to who asks for them only; allowed groups need them", async () => {
    const wants = { groups: false, offlineAccess: false };
    const xml = sign(samlResponse(), { of: "Response" });
    expect((await answer(xml, samlConnector().connector, wants)).identity.groups).toEqual([]);
    const restricted = samlConnector(allowed("staff")).connector;
    expect((await failureOf(answer(xml, restricted, wants))).reason).toBe("denied");
  });
});

describe("a renewal", () => {
  test("gives back what was kept, and keeps it", async () => {
    const { connector } = samlConnector();
    const login = await answer(sign(samlResponse(), { of: "Response" }), connector);
    expect(keptBy(login)).toEqual(ALICE);
    const renewed = await connector.refresh?.(storedLogin(login));
    expect(renewed).toEqual({ identity: ALICE, tokens: {}, connectorData: login.connectorData! });
    const without = await connector.refresh?.(storedLogin(login), { groups: false, offlineAccess: true });
    expect(without?.identity.groups).toEqual([]);
  });

  test("keeps no groups where there are none, as dex does", async () => {
    expect(keptBy(await signIn({}, { groupsAttr: "" }))).not.toHaveProperty("groups");
  });

  test.each(["", "null", "[]", "foobar", '{"accessToken":"of another type"}'])(
    "of %j is not possible",
    async (kept) => {
      const { connector } = samlConnector();
      const login = { identity: ALICE, tokens: {}, connectorData: new TextEncoder().encode(kept) };
      expect((await failureOf(connector.refresh?.(login) ?? Promise.resolve())).reason).toBe("unreachable");
    },
  );
});

test("signatures are not checked where the operator wants it so: comments still divide nothing", async () => {
  const { connector } = samlConnector({ insecureSkipSignatureValidation: true, certificates: "" });
  const xml = samlResponse().replace("alice@example.com", "alice@example.com<!-- -->.evil.test");
  expect((await answer(xml, connector)).identity.email).toBe("alice@example.com.evil.test");
});
