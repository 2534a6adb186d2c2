import type { BitbucketConnectorConfiguration } from "../../config/connector-configuration.ts";
import { recordsAt, textAt } from "./json-field.ts";
import { NotAdmittedError } from "../connector-error.ts";
import { endpointUrl, type OAuth2Client } from "./oauth2-client.ts";
import type { PersonApi } from "./oauth2-connector.ts";
import type { PlainVendor } from "./plain-vendor.ts";
import { refuseUnverified, vendorIdentity } from "./vendor-identity.ts";

const MAX_PAGES = 100;

/**
 * Bitbucket Cloud: the primary address, and whether somebody is in a team and contributes to a repository.
 * Everything is asked at the host of the validation endpoint, which is also the list of addresses.
 *
 * @see https://developer.atlassian.com/cloud/bitbucket/rest/
 */
export const bitbucket: PlainVendor<BitbucketConnectorConfiguration> = {
  endpoints: {
    authorization: "https://bitbucket.org/site/oauth2/authorize",
    token: "https://bitbucket.org/site/oauth2/access_token",
    profile: "",
    validate: "https://api.bitbucket.org/2.0/user/emails",
  },
  presentToken: "query",
  needs: ["validate"],
  readIdentity: async (client, api) => {
    const document = await api.get("the list of addresses", endpointUrl(client, "validate"));
    await requireTeam(client, api);
    await requireRepository(client, api);
    const primary = recordsAt(document, "values").find((address) => address.is_primary === true);
    refuseUnverified(client.configuration, primary?.is_confirmed);
    return vendorIdentity({
      email: textAt(primary, "email") ?? "",
      emailVerified: primary?.is_confirmed === true,
    });
  },
};

async function requireTeam(client: OAuth2Client<BitbucketConnectorConfiguration>, api: PersonApi): Promise<void> {
  const { team } = client.configuration;
  if (team === "") return;
  const url = apiUrl(client, "/2.0/teams", { role: "member" });
  if (!(await isListed(api, url, { what: "the list of teams", field: "username", wanted: team }))) {
    throw new NotAdmittedError("not a member of the Bitbucket team");
  }
}

async function requireRepository(client: OAuth2Client<BitbucketConnectorConfiguration>, api: PersonApi): Promise<void> {
  const { repository } = client.configuration;
  if (repository === "") return;
  const [workspace = ""] = repository.split("/");
  const query = { role: "contributor", q: `full_name="${repository}"` };
  const url = apiUrl(client, `/2.0/repositories/${encodeURIComponent(workspace)}`, query);
  const wanted = { what: "the list of repositories", field: "full_name", wanted: repository };
  if (!(await isListed(api, url, wanted))) throw new NotAdmittedError("no contributor to the Bitbucket repository");
}

interface Wanted {
  readonly what: string;
  readonly field: string;
  readonly wanted: string;
}

/** A page names the next one; only its number is believed, never its address, which would get the token. */
async function isListed(api: PersonApi, first: URL, { what, field, wanted }: Wanted): Promise<boolean> {
  for (let page = 1; page <= MAX_PAGES; page++) {
    const url = new URL(first);
    if (page > 1) url.searchParams.set("page", String(page));
    const document = await api.get(what, url);
    if (recordsAt(document, "values").some((item) => item[field] === wanted)) return true;
    if (textAt(document, "next") === undefined) return false;
  }
  return false;
}

function apiUrl(client: OAuth2Client, path: string, query: Readonly<Record<string, string>>): URL {
  const url = endpointUrl(client, "validate");
  url.pathname = path;
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}
