import { type ApiRequest, askForJson } from "../../oauth2/api-request.ts";
import { type Fetch, untrusted } from "../../oidc/upstream-request.ts";
import type { VendorClient } from "./vendor-client.ts";

/** What is asked of a vendor's interface with a person's token. */
export interface VendorApi {
  /**
   * @param what in words for an operator.
   * @throws {ConnectorError} see {@link askForJson}.
   */
  get(what: string, url: string): Promise<unknown>;
  /** {@link VendorApi.get}, and the address of the next page where a `Link` header (RFC 8288) names it. */
  getPage(what: string, url: string): Promise<Page>;
  /** Send the same with the same headers, for answers that are read otherwise. */
  request(what: string, url: string): { readonly fetch: Fetch; readonly request: ApiRequest };
}

export interface Page {
  readonly document: unknown;
  readonly next?: string;
}

/** Vendors have at most so many pages of anything: whoever has more is not asked on for ever. */
const MAX_PAGES = 100;

/** @param headers that the vendor wants besides the token. */
export function vendorApi(
  client: Pick<VendorClient, "fetch">,
  accessToken: string,
  headers: Readonly<Record<string, string>> = {},
): VendorApi {
  const requestOf = (what: string, url: string): ApiRequest => ({
    what,
    url: new URL(url),
    headers: { ...headers, Authorization: `Bearer ${accessToken}` },
  });
  return {
    get: (what, url) => askForJson(client.fetch, requestOf(what, url)),
    getPage: async (what, url) => {
      let link = "";
      const fetch: Fetch = async (address, init) => {
        const response = await client.fetch(address, init);
        link = response.headers.get("link") ?? "";
        return response;
      };
      const document = await askForJson(fetch, requestOf(what, url));
      const next = /<([^>]+)>; rel="next"/.exec(link)?.[1];
      return { document, ...(next !== undefined && { next }) };
    },
    request: (what, url) => ({ fetch: client.fetch, request: requestOf(what, url) }),
  };
}

/**
 * All pages of something.
 *
 * @param first the address of the first one.
 * @param ask what a page holds, and where the next one is.
 * @throws {ConnectorError} `untrusted` when there is no end, or a page comes again, or when the next page is not where the first one is: it would get the
 *   person's token.
 */
export async function allPages<Item>(
  first: string,
  ask: (url: string) => Promise<{ readonly items: readonly Item[]; readonly next?: string }>,
): Promise<readonly Item[]> {
  const { origin } = new URL(first);
  const all: Item[] = [];
  const asked = new Set([first]);
  let url = first;
  for (let page = 1; page <= MAX_PAGES; page++) {
    const { items, next } = await ask(url);
    all.push(...items);
    if (next === undefined) return all;
    if (asked.has(next)) throw untrusted(`the pages after ${first} go round in a circle`);
    asked.add(next);
    if (URL.parse(next)?.origin !== origin) throw untrusted(`the page after ${url} is at another server`);
    url = next;
  }
  throw untrusted(`${first} has more than ${MAX_PAGES} pages`);
}
