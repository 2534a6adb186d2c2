import type { FakeProvider, FakeProviderSettings } from "./fake-provider.ts";

/** An upstream under test whose provider can be bent. */
interface WithProvider {
  readonly provider: FakeProvider;
}

type Bend = (upstream: WithProvider) => unknown;

export const bendClaims =
  (changed: Record<string, unknown>): Bend =>
  ({ provider }) =>
    Object.assign(provider.settings.idTokenClaims, changed);

export const bendSettings =
  (changed: Partial<FakeProviderSettings>): Bend =>
  ({ provider }) =>
    Object.assign(provider.settings, changed);

const now = Math.floor(Date.now() / 1000);

/** ID tokens that prove nothing, whoever believes them: wrong signature, issuer, audience, end, type or subject. */
export const FORGED_ID_TOKENS: Readonly<Record<string, Bend>> = {
  "an ID token of another issuer": bendClaims({ iss: "https://evil.example.com" }),
  "an ID token without an issuer": bendClaims({ iss: undefined }),
  "an ID token for another client": bendClaims({ aud: "another-client" }),
  "an ID token for nobody": bendClaims({ aud: [] }),
  "an ID token without an audience": bendClaims({ aud: undefined }),
  "an ID token that ended": bendClaims({ exp: now - 1 }),
  "an ID token without an end": bendClaims({ exp: undefined }),
  "an ID token that ends at a text": bendClaims({ exp: "9999999999" }),
  "an ID token that is not valid for long": bendClaims({ nbf: now + 1000 }),
  "an ID token without a subject": bendClaims({ sub: undefined }),
  "an ID token with an empty subject": bendClaims({ sub: "" }),
  "an ID token with a number as subject": bendClaims({ sub: 7 }),
  "an unsigned ID token": bendSettings({ signing: "none" }),
  "an ID token signed with the shared secret": bendSettings({ signing: "shared-secret" }),
  "an ID token signed with another key of the same name": bendSettings({ signing: "foreign-key" }),
  "an ID token whose key is unknown": bendSettings({ idTokenHeader: { kid: "nobody's" } }),
  "a logout token": bendSettings({ idTokenHeader: { typ: "application/logout+jwt" } }),
  "an ID token that is none": bendSettings({ tokenClaims: { id_token: "not-a-token" } }),
};
