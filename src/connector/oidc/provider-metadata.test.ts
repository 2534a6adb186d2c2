import { expect, test } from "bun:test";
import { parseProviderMetadata } from "./provider-metadata.ts";

const ISSUER = "https://id.corp.example";
const DOCUMENT = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/authorize?tenant=1`,
  token_endpoint: `${ISSUER}/token`,
  jwks_uri: `${ISSUER}/keys`,
};

test("the least a provider must say", () => {
  expect(parseProviderMetadata(DOCUMENT, ISSUER)).toEqual({
    issuer: ISSUER,
    authorizationEndpoint: "https://id.corp.example/authorize?tenant=1",
    tokenEndpoint: "https://id.corp.example/token",
    jwksUri: "https://id.corp.example/keys",
    signingAlgorithms: ["RS256"],
    tokenAuthenticationMethods: ["client_secret_basic"],
    sendsIssuer: false,
  });
});

test("all that is used", () => {
  const document = {
    ...DOCUMENT,
    userinfo_endpoint: `${ISSUER}/userinfo`,
    end_session_endpoint: `${ISSUER}/logout`,
    id_token_signing_alg_values_supported: ["none", "HS256", "ES256", "EdDSA", 7],
    token_endpoint_auth_methods_supported: ["client_secret_post"],
    authorization_response_iss_parameter_supported: true,
  };
  expect(parseProviderMetadata(document, ISSUER)).toMatchObject({
    userinfoEndpoint: "https://id.corp.example/userinfo",
    endSessionEndpoint: "https://id.corp.example/logout",
    signingAlgorithms: ["ES256", "EdDSA"],
    tokenAuthenticationMethods: ["client_secret_post"],
    sendsIssuer: true,
  });
});

test.each([
  ["not an object", [], "not a JSON object"],
  ["nothing", undefined, "not a JSON object"],
  ["another issuer", { ...DOCUMENT, issuer: `${ISSUER}/` }, 'issuer "https://id.corp.example/"'],
  ["no issuer", { ...DOCUMENT, issuer: undefined }, "they must be the same"],
  ["no token endpoint", { ...DOCUMENT, token_endpoint: undefined }, "no token_endpoint"],
  ["an endpoint without TLS", { ...DOCUMENT, token_endpoint: "http://id.corp.example/token" }, "not an https URL"],
  ["an endpoint of another kind", { ...DOCUMENT, authorization_endpoint: "javascript:alert(1)" }, "not an https URL"],
  ["a relative endpoint", { ...DOCUMENT, jwks_uri: "/keys" }, "not an https URL"],
  ["an odd logout endpoint", { ...DOCUMENT, end_session_endpoint: "javascript:alert(1)" }, "not an https URL"],
  [
    "only algorithms that prove nothing",
    { ...DOCUMENT, id_token_signing_alg_values_supported: ["none", "HS256"] },
    "none of its signature algorithms",
  ],
])("refused: %s", (_name, document, message) => {
  expect(() => parseProviderMetadata(document, ISSUER)).toThrow(message);
});

test("a provider without TLS may have endpoints without TLS", () => {
  const document = JSON.parse(JSON.stringify(DOCUMENT).replaceAll("https:", "http:")) as unknown;
  expect(parseProviderMetadata(document, "http://id.corp.example").tokenEndpoint).toBe("http://id.corp.example/token");
});
