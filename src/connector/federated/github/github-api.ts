import { type Answer, readAnswers } from "../oauth-vendor/go-json.ts";
import { allPages, type VendorApi } from "../oauth-vendor/vendor-api.ts";

export interface GithubApi extends VendorApi {
  /** Without a trailing slash. */
  readonly base: string;
}

/**
 * All of a list.
 * @param path below the base, with a leading slash.
 * @throws {ConnectorError} as {@link allPages} and {@link VendorApi.get}.
 * @see https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api
 */
export function listAll(api: GithubApi, what: string, path: string): Promise<readonly Answer[]> {
  return allPages(`${api.base}${path}`, async (url) => {
    const { document, next } = await api.getPage(what, url);
    return { items: readAnswers(document, what), ...(next !== undefined && { next }) };
  });
}
