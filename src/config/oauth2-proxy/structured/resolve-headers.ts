import type { HeaderInjection, HeaderValueSource } from "../../oauth2-proxy-configuration.ts";
import type { StructuredHeader, StructuredHeaderValue, StructuredOptions } from "../structured-options.ts";
import { readSecretSource } from "./secret-source.ts";
import { refuse, type StructuredResolving, warn } from "./structured-resolving.ts";

type HeaderList = "injectRequestHeaders" | "injectResponseHeaders";

/** Headers that are set on what goes to an upstream, or back to who asked. Names are unique as they are spelled. */
export function resolveHeaders(
  resolving: StructuredResolving,
  options: StructuredOptions,
  list: HeaderList,
): readonly HeaderInjection[] {
  const known = new Set([...SESSION_CLAIMS, ...(options.providers[0]?.additionalClaims ?? [])]);
  const seen = new Set<string>();
  return options[list].map((header, index) => {
    const at: At = { list, path: `${list}[${index}]`, header: header.name, known };
    checkName(resolving, at, seen);
    seen.add(header.name);
    return resolveHeader(resolving, header, at);
  });
}

/** Claims that every session has, some of them empty. */
const SESSION_CLAIMS: readonly string[] = [
  "user",
  "email",
  "groups",
  "preferred_username",
  "access_token",
  "id_token",
  "refresh_token",
  "created_at",
  "expires_on",
];

interface At {
  readonly list: HeaderList;
  readonly path: string;
  readonly header: string;
  readonly known: ReadonlySet<string>;
}

function checkName(resolving: StructuredResolving, { list, path, header }: At, seen: ReadonlySet<string>): void {
  const say = (message: string, remedy: string): void =>
    refuse(resolving, `${path}.name`, `${list}: ${message}`, remedy);
  if (header === "") say("header has empty name: names are required for all headers", "Give it a name.");
  else if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(header)) {
    say(`header ${JSON.stringify(header)} has a name that HTTP does not allow`, "Use letters, digits and dashes.");
  }
  if (seen.has(header)) {
    const message = `multiple headers found with name ${JSON.stringify(header)}: header names must be unique`;
    say(message, "Remove one of them, or give one header both values.");
  }
}

function resolveHeader(resolving: StructuredResolving, header: StructuredHeader, at: At): HeaderInjection {
  const values = header.values.flatMap((value, index) => {
    const source = resolveValue(resolving, value, { ...at, path: `${at.path}.values[${index}]` });
    return source === undefined ? [] : [source];
  });
  return {
    name: header.name,
    preserveRequestValue: header.preserveRequestValue && at.list === "injectRequestHeaders",
    exactNameOnly: header.InsecureSkipHeaderNormalization,
    values,
  };
}

function resolveValue(
  resolving: StructuredResolving,
  value: StructuredHeaderValue,
  at: At,
): HeaderValueSource | undefined {
  const { claimSource, secretSource } = value;
  if (secretSource !== undefined && claimSource === undefined) {
    const secret = readFor(resolving, at, { path: `${at.path}.secretSource`, source: secretSource, prefix: "" });
    return secret === undefined ? undefined : { kind: "secret", value: secret };
  }
  if (claimSource !== undefined && secretSource === undefined) return resolveClaim(resolving, claimSource, at);
  const message = "header value has multiple entries: only one entry per value is allowed";
  refuseValue(resolving, at, at.path, { message, remedy: "Give either claimSource or secretSource." });
  return undefined;
}

function resolveClaim(
  resolving: StructuredResolving,
  source: NonNullable<StructuredHeaderValue["claimSource"]>,
  at: At,
): HeaderValueSource {
  const { claim, prefix, basicAuthPassword } = source;
  const path = `${at.path}.claimSource`;
  if (claim === "") {
    refuseValue(resolving, at, path, { message: "claim should not be empty", remedy: "Name a claim, such as email." });
  } else if (!at.known.has(claim)) {
    const message = `there is no claim ${JSON.stringify(claim)}, so the header stays empty`;
    warn(resolving, `${path}.claim`, message, "Add it to the provider's additionalClaims.");
  }
  const base = { kind: "claim", claim, prefix } as const;
  if (basicAuthPassword === undefined) return base;
  const where = { path: `${path}.basicAuthPassword`, source: basicAuthPassword, prefix: "invalid basicAuthPassword: " };
  const password = readFor(resolving, at, where);
  return password === undefined ? base : { ...base, basicAuthPassword: password };
}

interface SecretPlace {
  readonly path: string;
  readonly source: NonNullable<StructuredHeaderValue["secretSource"]>;
  readonly prefix: string;
}

function readFor(resolving: StructuredResolving, at: At, { path, source, prefix }: SecretPlace) {
  const read = readSecretSource(resolving, source);
  if ("error" in read) {
    refuseValue(resolving, at, path, { message: `${prefix}${read.error}`, remedy: read.remedy });
    return undefined;
  }
  // A line end would end the header, and what follows would be another one.
  if (prefix === "" && /[\u0000-\u0008\u000A-\u001F\u007F]/.test(read.secret.reveal())) {
    const message = "the secret has a control character in it, such as a line end";
    refuseValue(resolving, at, path, { message, remedy: "Remove it." });
  }
  return read.secret;
}

function refuseValue(
  resolving: StructuredResolving,
  { list, header }: At,
  path: string,
  { message, remedy }: { readonly message: string; readonly remedy: string },
): void {
  const prefix = `${list}: invalid header ${JSON.stringify(header)}: invalid values: `;
  refuse(resolving, path, `${prefix}${message}`, remedy);
}
