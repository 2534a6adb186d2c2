import type { Configuration } from "../configuration.ts";
import { DIFFERENCES } from "./difference-table.ts";
import type { Settings } from "./settings.ts";

/** How Gatehouse behaves otherwise than the original with this configuration: sentences for whoever is about to swap. */
export function listDifferences(settings: Settings, configuration: Configuration): readonly string[] {
  const { oauth2Proxy: proxy } = configuration;
  if (proxy === undefined) return [];
  return DIFFERENCES.filter(({ matters }) => matters({ settings, configuration, proxy })).map(({ text }) => text);
}
