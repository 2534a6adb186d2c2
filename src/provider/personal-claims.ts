import { offlineSessionKey } from "../store/ports.ts";
import type { ProviderContext } from "./provider-deps.ts";
import type { Owner, PersonalClaims } from "./storage-model.ts";

/** Claims of a person by the scope that asks for them (OpenID Connect Core §5.4), beyond those that dex knows. */
const CLAIMS_OF_SCOPE: Readonly<Record<string, readonly string[]>> = {
  profile: [
    "family_name",
    "given_name",
    "middle_name",
    "nickname",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
  ],
  address: ["address"],
  phone: ["phone_number", "phone_number_verified"],
};

const ALL = Object.values(CLAIMS_OF_SCOPE).flat();

/** Keep what an upstream told of somebody at this login, in place of what it told before. Nothing is written when it is the same. */
export async function savePersonalClaims(
  provider: ProviderContext,
  owner: Owner,
  told: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const { personalClaims } = provider.store;
  const claims = Object.fromEntries(Object.entries(told).filter(([name]) => ALL.includes(name)));
  const stored = await personalClaims.find(offlineSessionKey(owner));
  const next = { ...owner, claims };
  if (JSON.stringify(stored?.claims ?? {}) === JSON.stringify(claims)) return;
  // Somebody else who was faster has just been told the same by the same upstream.
  if (stored === undefined) await personalClaims.create(next).catch(() => undefined);
  else await personalClaims.replace(stored, next);
}

/** What scopes, and claims asked for by name, let a client know of somebody. */
export interface WantedPersonalClaims {
  readonly scopes: readonly string[];
  readonly names: readonly string[];
}

/** What is stored of somebody; nothing is read unless something of it is wanted. */
export async function findPersonalClaims(
  provider: ProviderContext,
  owner: Owner,
  wanted: WantedPersonalClaims,
): Promise<PersonalClaims["claims"]> {
  if (!namesOf(wanted).some((name) => ALL.includes(name))) return {};
  return (await provider.store.personalClaims.find(offlineSessionKey(owner)))?.claims ?? {};
}

/** Of what is stored, what may be told. */
export function pickPersonalClaims(
  stored: PersonalClaims["claims"],
  wanted: WantedPersonalClaims,
): PersonalClaims["claims"] {
  const names = namesOf(wanted);
  return Object.fromEntries(Object.entries(stored).filter(([name]) => names.includes(name)));
}

function namesOf({ scopes, names }: WantedPersonalClaims): readonly string[] {
  return [...scopes.flatMap((scope) => CLAIMS_OF_SCOPE[scope] ?? []), ...names];
}
