import { chownSync } from "node:fs";

/**
 * How to start a server that refuses to run as root: as root it becomes the package's own user, who is then given the
 * folders it writes to; as anybody else it stays who it is.
 *
 * @returns the words to put before the command.
 */
export function asOwnUser(user: string, folders: readonly string[]): readonly string[] {
  if (process.getuid?.() !== 0) return [];
  const id = (flag: string): number =>
    Number(Bun.spawnSync(["id", flag, user], { stdout: "pipe" }).stdout.toString().trim());
  for (const folder of folders) chownSync(folder, id("-u"), id("-g"));
  return ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--init-groups"];
}

/** Run a command to its end. @throws {Error} with its output when it fails. */
export async function runToEnd(command: readonly string[], options: { readonly cwd: string }): Promise<string> {
  const child = Bun.spawn([...command], { ...options, stdout: "pipe", stderr: "pipe" });
  const [output, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  if ((await child.exited) !== 0) throw new Error(`${command.join(" ")}: ${errors}${output}`);
  return output;
}
