import type { GoogleUpstream } from "../../../config/dex-vendor-configuration.ts";
import { AccountToken } from "../../google/account-token.ts";
import type { Environment } from "../../google/default-credentials.ts";
import { type Directory, listGroups } from "../../google/directory.ts";
import { denied } from "../../oauth2/api-request.ts";
import { unreachable, untrusted } from "../../oidc/upstream-request.ts";
import type { VendorClient } from "../oauth-vendor/vendor-client.ts";
import { administratorTokens } from "./administrator.ts";

/** Where groups are asked for, by the domain of an address; `*` = any other. */
export type Directories = ReadonlyMap<string, Directory>;

const SCOPE = "https://www.googleapis.com/auth/admin.directory.group.readonly";
/** Groups of groups are looked up for so many addresses at most. */
const MAX_LOOKUPS = 1000;

export function createDirectories(
  { clock, fetch, log }: VendorClient,
  { domainToAdminEmail, serviceAccountFile }: GoogleUpstream,
  environment: Environment,
): Directories {
  const entries = Object.entries(domainToAdminEmail).map(([domain, administrator]) => {
    const obtain = administratorTokens({ clock, fetch }, { serviceAccountFile, administrator, environment });
    return [domain, { fetch, log, token: new AccountToken(clock, obtain, [SCOPE]) }] as const;
  });
  return new Map(entries);
}

/**
 * The groups of an address, by address, each once.
 *
 * @param isTransitive also those that these groups are in, and so on; each before the next of its own level.
 * @throws {ConnectorError} `denied` when nobody can be asked about a domain; `unreachable`, also when Google refuses to say;
 *   `untrusted` when there is no end.
 */
export async function listAllGroups(
  directories: Directories,
  address: string,
  isTransitive: boolean,
): Promise<readonly string[]> {
  const found = new Set<string>();
  let lookups = 0;
  const visit = async (member: string): Promise<void> => {
    lookups += 1;
    if (lookups > MAX_LOOKUPS) throw untrusted(`the groups of groups are more than ${MAX_LOOKUPS}`);
    const groups = await listGroups(directoryOf(directories, member), member, (status) => {
      throw unreachable(`the Admin SDK refused to list groups (status ${status})`);
    });
    for (const group of groups) {
      if (found.has(group)) continue;
      found.add(group);
      if (isTransitive) await visit(group);
    }
  };
  await visit(address);
  return [...found];
}

/** An empty address would be asked about as if it were everybody's. */
function directoryOf(directories: Directories, address: string): Directory {
  if (address === "") throw denied("groups cannot be asked for without an e-mail address");
  const directory = directories.get(address.slice(address.lastIndexOf("@") + 1)) ?? directories.get("*");
  if (directory === undefined) throw denied("domainToAdminEmail names no administrator for the domain of this address");
  return directory;
}
