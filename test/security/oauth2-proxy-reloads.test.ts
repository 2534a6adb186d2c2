import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { dropInFlags, startDropIn } from "../support/drop-in.ts";
import { temporaryFolder } from "../support/gatehouse.ts";
import { startFakeProvider } from "../support/fake-provider.ts";
import { until } from "../support/until.ts";

const USER = "carol:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n";

test("what a reload began that came to nothing does not go on", async () => {
  const folder = temporaryFolder();
  const [passwords, template] = [join(folder.path, "passwords"), join(folder.path, "error.html")];
  writeFileSync(passwords, USER);
  writeFileSync(template, "{{.Title}}");
  const provider = await startFakeProvider();
  const options = [`--htpasswd-file=${passwords}`, `--custom-templates-dir=${folder.path}`];
  const dropIn = await startDropIn([...dropInFlags(provider), ...options]);
  const said = (words: string): number => dropIn.process.output().split(words).length - 1;
  try {
    writeFileSync(template, "{{if");
    for (let reloads = 1; reloads <= 3; reloads += 1) {
      process.kill(dropIn.process.pid, "SIGHUP");
      await until("the reload to be refused", () => said("configuration not reloaded") === reloads);
    }
    writeFileSync(passwords, `${USER}mia\n`);
    await until("the file to be read again", () => said("names nobody") > 0);
    // Whoever else watched the file would have looked at it within this time.
    await Bun.sleep(1500);
    expect(said("names nobody")).toBe(1);
  } finally {
    await Promise.all([dropIn.stop(), provider.stop()]);
    folder.remove();
  }
}, 30_000);
