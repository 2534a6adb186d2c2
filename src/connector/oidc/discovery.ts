import { type BackgroundDeps, BackgroundDocument } from "./background-document.ts";
import type { MetadataSource } from "./metadata-source.ts";
import { type MetadataPolicy, parseProviderMetadata, type ProviderMetadata } from "./provider-metadata.ts";
import { askUpstream, type Fetch, parseJson } from "./upstream-request.ts";

/** The upstream's metadata, fetched in the background. */
export class Discovery extends BackgroundDocument<ProviderMetadata> implements MetadataSource {
  constructor(deps: BackgroundDeps, issuer: string, policy: MetadataPolicy = {}) {
    super(deps, async (fetch) =>
      parseProviderMetadata(
        await fetchDocument(fetch, `${issuer.replace(/\/+$/, "")}/.well-known/openid-configuration`),
        issuer,
        policy,
      ),
    );
  }
}

/**
 * A JSON document in which an upstream says where its endpoints are.
 * @throws {ConnectorError} `unreachable`.
 * @throws {Error} in words for the operator.
 */
export async function fetchDocument(fetch: Fetch, url: string): Promise<unknown> {
  const answer = await askUpstream(fetch, { what: "the discovery document", url, followRedirects: true });
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`);
  return parseJson(answer.text);
}
