import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeJwt } from "jose";
import type { Fetch } from "../../src/connector/oidc/upstream-request.ts";
import type { FakeProvider, FakeProviderSettings } from "./fake-provider.ts";
import { type FakeAnswer, type FakeVendor, startFakeVendor } from "./fake-vendor.ts";

const ACCOUNTS = "https://accounts.google.com";

/** Makes a fake provider speak as Google's accounts. */
export function googleSettings(claims: Record<string, unknown> = {}): Partial<FakeProviderSettings> {
  return {
    idTokenClaims: { iss: ACCOUNTS, ...claims },
    sendIssuer: false,
    discovery: {
      issuer: ACCOUNTS,
      authorization_endpoint: `${ACCOUNTS}/authorize`,
      token_endpoint: `${ACCOUNTS}/token`,
      userinfo_endpoint: `${ACCOUNTS}/userinfo`,
      jwks_uri: `${ACCOUNTS}/jwks`,
      end_session_endpoint: undefined,
      authorization_response_iss_parameter_supported: undefined,
    },
  };
}

/** Google: accounts at a fake provider, everything else a folder of a fake vendor. */
export interface GoogleSite {
  readonly fetch: Fetch;
  readonly vendor: FakeVendor;
  /** The administrators that somebody asked as. */
  readonly subjects: string[];
  stop(): Promise<void>;
}

/** @param groupsOf what the Admin SDK says of the groups of an address; an answer where it has a status. */
export async function atGoogle(
  provider: FakeProvider,
  groupsOf: (userKey: string, pageToken: string) => FakeAnswer | { readonly groups?: unknown; nextPageToken?: string },
): Promise<GoogleSite> {
  const subjects: string[] = [];
  const vendor = await startFakeVendor({
    "POST /oauth2.googleapis.com/token": ({ body }) => {
      const { sub = "", scope } = decodeJwt<{ scope: string }>(new URLSearchParams(body).get("assertion") ?? "");
      subjects.push(sub);
      const mayAsk = scope === "https://www.googleapis.com/auth/admin.directory.group.readonly";
      return mayAsk ? { body: { access_token: `at-${sub}`, expires_in: 3600 } } : { status: 401 };
    },
    "GET /admin.googleapis.com/admin/directory/v1/groups": ({ target }) => {
      const query = new URL(target, "http://google").searchParams;
      const told = groupsOf(query.get("userKey") ?? "", query.get("pageToken") ?? "");
      return "status" in told ? told : { body: { kind: "admin#directory#groups", ...told } };
    },
  });
  return {
    vendor,
    subjects,
    fetch: (url, init) => {
      const target = url.startsWith(ACCOUNTS)
        ? url.replace(ACCOUNTS, provider.issuer)
        : url.replace(/^https?:\/\//, `${vendor.url}/`);
      return fetch(target, init);
    },
    stop: async () => {
      await provider.stop();
      await vendor.stop();
    },
  };
}

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

/** The path of a service account's key, as Google Cloud hands it out. */
export async function serviceAccountFile(): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), "google-")), "key.json");
  const key = {
    type: "service_account",
    client_email: "groups@project.iam.gserviceaccount.com",
    private_key_id: "k1",
    private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
    token_uri: "https://oauth2.googleapis.com/token",
  };
  await writeFile(file, JSON.stringify(key));
  return file;
}
