/**
 * What stands above the button: the operator's HTML, or who may sign in, or nothing.
 *
 * @param banner as configured; `-` = nothing, empty = by the domains.
 * @param domains as configured; `*` alone says nothing.
 */
export function bannerOf(banner: string, domains: readonly string[]): Banner {
  if (banner === "-") return { kind: "none" };
  if (banner !== "") return { kind: "html", html: banner };
  const isOpen = domains.length === 0 || (domains.length === 1 && domains[0] === "*");
  return isOpen ? { kind: "none" } : { kind: "domains", domains: domains.map((domain) => domain.toLowerCase()) };
}

export type Banner =
  | { readonly kind: "none" }
  | { readonly kind: "html"; readonly html: string }
  | { readonly kind: "domains"; readonly domains: readonly string[] };
