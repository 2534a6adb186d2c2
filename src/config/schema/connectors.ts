import * as v from "valibot";

import { isPasswordHash } from "./password-hash-format.ts";
import { described, say, section } from "./section.ts";
import { accepted, choice, flag, identifier, issuer, list, matching, secret, text } from "./values.ts";

const email = matching(/^[^@\s]+@[^@\s]+$/, "an e-mail address", "admin@example.com");
const passwordHash = accepted(
  isPasswordHash,
  "a password hash (bcrypt of cost 10 to 16, or argon2id)",
  "the output of `gatehouse hash-password`",
);

/** Parameters that carry a check of the protocol; replacing one would switch it off. */
const parameterName = v.pipe(
  v.string(),
  v.regex(
    /^(?!(?:client_id|client_secret|code_challenge|code_challenge_method|nonce|redirect_uri|request|request_uri|response_mode|response_type|scope|state)$)/,
    say("is set by Gatehouse itself.", "Remove it."),
  ),
);

const user = section("a user", {
  email: described(email, "Signs in with it."),
  name: v.optional(described(text("Admin"), "Display name; default: the e-mail address.")),
  preferredUsername: v.optional(described(text("admin"), "Short name; default: none.")),
  userId: v.optional(described(text("4711"), "Stable identifier; default: the e-mail address in lower case.")),
  groups: v.optional(described(list(text("admins"), "[admins]"), "Groups of this user."), []),
  emailVerified: v.optional(described(flag, "Does the address belong to this user?"), true),
  passwordHash: described(passwordHash, "bcrypt or argon2id, from `gatehouse hash-password`."),
});

const local = section("a local connector", {
  id: described(identifier, "Identifier; part of people's subject, so do not change it."),
  type: described(v.literal("local"), "Users of this file."),
  name: v.optional(described(text("Password"), "What people read on the sign-in page."), "Password"),
  users: described(list(user, "[{ email: …, passwordHash: … }]"), "Who can sign in."),
});

const oidc = section("an oidc connector", {
  id: described(identifier, "Identifier; part of people's subject, so do not change it."),
  type: described(v.literal("oidc"), "An OpenID Connect provider."),
  name: v.optional(described(text("Corp login"), "What people read on the sign-in page; default: the id.")),
  issuer: described(issuer("https://id.corp.example"), "Issuer, exactly as the provider writes it."),
  clientId: described(text("gatehouse"), "Client id registered there."),
  clientSecret: described(secret, "Client secret."),
  scopes: v.optional(described(list(text("email"), "[profile, email]"), "Scopes besides openid."), [
    "profile",
    "email",
  ]),
  offlineAccess: v.optional(described(flag, "Ask for a refresh token with the scope offline_access."), false),
  clientAuthentication: v.optional(
    described(choice("auto", "basic", "post"), "How the client authenticates at the token endpoint."),
    "auto",
  ),
  groupsClaim: v.optional(described(text("groups"), "Claim with the groups; dots descend into objects."), "groups"),
  emailClaim: v.optional(described(text("email"), "Claim with the e-mail address."), "email"),
  allowUnverifiedEmail: v.optional(
    described(flag, "Take an address that the provider does not vouch for as verified."),
    false,
  ),
  pkce: v.optional(described(flag, "Use PKCE (S256)."), true),
  nonce: v.optional(described(flag, "Send and check a nonce."), true),
  parameters: v.optional(
    described(
      v.record(parameterName, text("login"), say("is not a mapping.", "Write names and values.")),
      "More parameters of the authorization request.",
    ),
    {},
  ),
});

/** One upstream identity provider. */
export const connector = v.variant("type", [local, oidc], say("is not a connector.", "Write a type: local or oidc."));

export type ConnectorEntry = v.InferOutput<typeof connector>;
