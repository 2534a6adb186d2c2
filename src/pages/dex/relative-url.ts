/**
 * The address of an asset as a page says it: relative to the page, so that it works wherever the provider is mounted (dex reference
 * §11.2, `url`). An absolute URL stays as it is.
 *
 * @param root path of the issuer.
 * @param pagePath path of the page's request.
 * @param asset such as `static/main.css`.
 */
export function relativeUrl(root: string, pagePath: string, asset: string): string {
  if (/^[a-z][a-z\d+.-]*:/i.test(asset)) return asset;
  const [, belowRoot] = withoutCommonStart(segmentsOf(root), segmentsOf(pagePath));
  const [up, down] = withoutCommonStart(belowRoot, segmentsOf(asset));
  const steps = Array.from({ length: Math.max(up.length - 1, 0) }, () => "..");
  return [...steps, ...down].join("/");
}

function segmentsOf(path: string): readonly string[] {
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(segment);
  }
  return kept;
}

function withoutCommonStart(
  one: readonly string[],
  other: readonly string[],
): readonly [readonly string[], readonly string[]] {
  let common = 0;
  while (common < one.length && common < other.length && one[common] === other[common]) common += 1;
  return [one.slice(common), other.slice(common)];
}
