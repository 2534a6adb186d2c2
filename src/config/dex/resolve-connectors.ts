import type { ConnectorConfiguration, OidcConnectorConfiguration } from "../connector-configuration.ts";
import { Secret } from "../../protocol/secret.ts";
import { type ConfigObject, flagAt, objectsAt, placeAt, textAt, textsAt } from "./config-object.ts";
import { errorAt, notSupportedYet } from "./dex-problem.ts";
import { refuseType } from "./refuse-type.ts";
import type { Resolving } from "./resolve.ts";
import { resolvePasswords } from "./resolve-passwords.ts";

/** The connectors of the file, then the password database when it is enabled. */
export function resolveConnectors(resolving: Resolving, publicUrl: string): readonly ConnectorConfiguration[] {
  const { root, problems } = resolving;
  const objects = objectsAt(root, "connectors");
  const connectors = objects.flatMap((object): ConnectorConfiguration[] => {
    const hasName = requireNames(resolving, object);
    if (refuseType(resolving, object, "connector") || !hasName) return [];
    return [resolveOidc(resolving, object, publicUrl)];
  });
  const users = resolvePasswords(resolving);
  const hasPasswords = flagAt(root, "enablePasswordDB") === true;
  refuseSameIds(resolving, objects, hasPasswords);
  if (objects.length === 0 && !hasPasswords) {
    const message = "server: no connectors specified";
    problems.push(errorAt(placeAt(root, "connectors"), message, "Add a connector, or set enablePasswordDB: true."));
  }
  if (!hasPasswords) return connectors;
  return [...connectors, { type: "local", id: "local", name: "Email", prompt: "Email Address", users }];
}

function requireNames({ problems }: Resolving, object: ConfigObject): boolean {
  if (textAt(object, "id") !== "" && textAt(object, "name") !== "") return true;
  const message = "invalid config: ID, Type and Name fields are required for a connector";
  problems.push(errorAt(object.place, message, "Give it an id and a name."));
  return false;
}

function refuseSameIds({ problems }: Resolving, objects: readonly ConfigObject[], hasPasswords: boolean): void {
  const seen = new Set(hasPasswords ? ["local"] : []);
  for (const object of objects) {
    const id = textAt(object, "id");
    if (id !== "" && seen.has(id)) {
      const message = `the id ${JSON.stringify(id)} is taken by another connector.`;
      problems.push(errorAt(placeAt(object, "id"), message, "Choose another one."));
    }
    seen.add(id);
  }
}

function resolveOidc(resolving: Resolving, object: ConfigObject, publicUrl: string): OidcConnectorConfiguration {
  const acrValues = textsAt(object, "config.acrValues") ?? [];
  refuseRedirectUri(resolving, object, publicUrl);
  refusePkce(resolving, object);
  return {
    type: "oidc",
    id: textAt(object, "id"),
    name: textAt(object, "name"),
    issuer: resolveIssuer(resolving, object),
    clientId: textAt(object, "config.clientID"),
    clientSecret: new Secret(textAt(object, "config.clientSecret")),
    scopes: ["openid", ...scopesOf(object).filter((scope) => scope !== "openid")],
    clientAuthentication: wantsPost(object) ? "post" : "auto",
    // No claim has the empty name, so nobody has groups.
    groupsClaim: flagAt(object, "config.insecureEnableGroups") === true ? "groups" : "",
    emailClaim: "email",
    allowUnverifiedEmail: flagAt(object, "config.insecureSkipEmailVerified") ?? false,
    pkce: "S256",
    nonce: false,
    authorizationParameters: acrValues.length === 0 ? {} : { acr_values: acrValues.join(" ") },
  };
}

/** An empty list is as good as none, as in the original. */
function scopesOf(object: ConfigObject): readonly string[] {
  const scopes = textsAt(object, "config.scopes") ?? [];
  return scopes.length === 0 ? ["profile", "email"] : scopes;
}

function resolveIssuer({ problems }: Resolving, object: ConfigObject): string {
  const issuer = textAt(object, "config.issuer");
  if (!(/^https?:\/\/[^/?#\s@]+[^?#\s]*$/i.test(issuer) && URL.canParse(issuer))) {
    const remedy = "Write the identity provider's address, without query and fragment.";
    problems.push(errorAt(placeAt(object, "config.issuer"), "is not the address of an issuer.", remedy));
  }
  return issuer;
}

/** Okta refuses Basic, and the original knows. */
function wantsPost(object: ConfigObject): boolean {
  const host = /^https?:\/\/([^/:]+)/i.exec(textAt(object, "config.issuer"))?.[1] ?? "";
  const isOkta = /(?:^|\.)(?:okta|oktapreview)\.com$/i.test(host);
  return flagAt(object, "config.basicAuthUnsupported") ?? isOkta;
}

function refuseRedirectUri({ problems }: Resolving, object: ConfigObject, publicUrl: string): void {
  const uri = textAt(object, "config.redirectURI");
  if (uri === "" || uri === `${publicUrl}/callback`) return;
  const place = placeAt(object, "config.redirectURI");
  problems.push(notSupportedYet(place, `${place.path} other than ${publicUrl}/callback`));
}

function refusePkce({ problems }: Resolving, object: ConfigObject): void {
  const method = textAt(object, "config.pkceChallenge");
  const place = placeAt(object, "config.pkceChallenge");
  if (method === "plain") problems.push(notSupportedYet(place, `${place.path}: plain`));
  else if (method !== "" && method !== "S256") problems.push(errorAt(place, "unknown PKCE method.", "Write S256."));
}
