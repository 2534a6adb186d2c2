import type { Configuration } from "../configuration.ts";
import type { Settings } from "./settings.ts";

/** How Gatehouse behaves otherwise than the original with this configuration: sentences for whoever is about to swap. */
export function listDifferences(settings: Settings, configuration: Configuration): readonly string[] {
  return DIFFERENCES.filter(({ matters }) => matters(settings, configuration)).map(({ text }) => text);
}

interface Difference {
  readonly matters: (settings: Settings, configuration: Configuration) => boolean;
  readonly text: string;
}

const has = (list: readonly string[]): boolean => list.length > 0;

const DIFFERENCES: readonly Difference[] = [];
