import { type Finding, errorAt } from "./finding.ts";
import type { Draft } from "./native-file.ts";
import type { GatehouseFile } from "./schema/gatehouse-file.ts";
import type { SecretFiles } from "./secret-source.ts";

/** Are the files of `branding` there? They are read when the program starts, and it could not say where they are named. */
export function checkBranding(
  files: Pick<SecretFiles, "modeOf">,
  { branding }: Draft<GatehouseFile>,
): readonly Finding[] {
  return (["logo", "stylesheet"] as const).flatMap((key) => {
    const file = branding?.[key];
    if (file === undefined || isThere(files, file)) return [];
    return [errorAt(["branding", key], `the file ${file} cannot be found.`, "Create it, or mend its name.")];
  });
}

function isThere(files: Pick<SecretFiles, "modeOf">, file: string): boolean {
  try {
    return files.modeOf(file) !== undefined;
  } catch {
    return false;
  }
}
