import type { BrandingConfiguration } from "../../config/configuration.ts";
import type { Route } from "../../http/handler.ts";
import { DEFAULT_ACCENT } from "../palette.ts";
import { styleSheet } from "../style-table.ts";

/** Our own look at the addresses that dex's has, for whoever refers to them. */
export function ownAssetRoutes(branding: BrandingConfiguration, root: string): readonly Route[] {
  const style = styleSheet(branding.accent ?? DEFAULT_ACCENT);
  const headers = { "Content-Type": "text/css; charset=utf-8", "X-Content-Type-Options": "nosniff" };
  return ["/static/main.css", "/theme/styles.css"].map((path) => ({
    path: `${root}${path}`,
    methods: ["GET", "HEAD"],
    handle: () => new Response(style, { headers }),
  }));
}
