import { type FakeRequest, headerOf } from "../fake-server.ts";
import type { Pair } from "../pairs.ts";

/** Read the parameters of the query and of a form, or the names in a JSON body. */
export function readAsked({ query, headers, body }: FakeRequest): {
  readonly pairs: readonly Pair[];
  readonly jsonKeys?: readonly string[];
} {
  const pairs: Pair[] = [...new URLSearchParams(query)];
  if (body.length === 0) return { pairs };
  if (headerOf(headers, "content-type").includes("json")) {
    return { pairs, jsonKeys: Object.keys(JSON.parse(body.toString())).sort() };
  }
  return { pairs: [...pairs, ...new URLSearchParams(body.toString())] };
}

/** How a client said who it is. RFC 6749 §2.3.1, RFC 7523 §2.2 */
export function describeClient(
  header: string,
  params: Readonly<Record<string, string>>,
): { readonly auth: string; readonly client: string } {
  const isBasic = /^basic /i.test(header);
  const fromHeader = isBasic ? "basic" : header || "none";
  const client = (isBasic ? basicUser(header) : params["client_id"]) || "compat";
  if ("client_secret" in params) return { client, auth: fromHeader === "none" ? "post" : `${fromHeader}+post` };
  return { client, auth: "client_assertion" in params ? "assertion" : fromHeader };
}

function basicUser(header: string): string {
  const [user = ""] = Buffer.from(header.slice("basic ".length), "base64").toString().split(":");
  return decodeURIComponent(user);
}
