import { afterEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { watchFile, type WatchedFile } from "./watched-file.ts";

const open: (() => void)[] = [];
afterEach(() => open.splice(0).forEach((close) => close()));

interface Watching {
  readonly file: WatchedFile<string>;
  readonly errors: unknown[];
  readonly changed: () => Promise<void>;
}

function watch(path: string): Watching {
  const errors: unknown[] = [];
  let waiting: (() => void)[] = [];
  const wake = (): void => waiting.splice(0).forEach((resolve) => resolve());
  const file = watchFile(
    {
      read: (name) => {
        const text = readFileSync(name, "utf8");
        if (text === "broken") throw new Error("broken");
        return text;
      },
      onChange: wake,
      onError: (error) => (errors.push(error), wake()),
    },
    path,
  );
  open.push(file.close);
  return { file, errors, changed: () => new Promise((resolve) => (waiting = [...waiting, resolve])) };
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "watched-"));
  open.push(() => rmSync(path, { recursive: true }));
  return path;
}

test("a file that is written anew is read again; what cannot be understood leaves the last good content", async () => {
  const path = join(folder(), "list");
  writeFileSync(path, "one");
  const { file, errors, changed } = watch(path);
  expect(file.current).toBe("one");
  writeFileSync(path, "three");
  await changed();
  expect(file.current).toBe("three");
  writeFileSync(path, "broken");
  await changed();
  expect(errors).toHaveLength(1);
  expect(file.current).toBe("three");
  rmSync(path);
  await changed();
  expect(file.current).toBe("three");
});

test("a folder that is swapped under a link, as Kubernetes does, is noticed", async () => {
  const root = folder();
  for (const version of ["v1", "v2"]) {
    mkdirSync(join(root, version));
    writeFileSync(join(root, version, "list"), version);
  }
  symlinkSync("v1", join(root, "..data"));
  symlinkSync(join("..data", "list"), join(root, "list"));
  const { file, changed } = watch(join(root, "list"));
  expect(file.current).toBe("v1");
  symlinkSync("v2", join(root, "..data_tmp"));
  renameSync(join(root, "..data_tmp"), join(root, "..data"));
  await changed();
  expect(file.current).toBe("v2");
});

test("a file that is not there cannot be watched", () => {
  expect(() => watch(join(folder(), "none"))).toThrow("ENOENT");
});
