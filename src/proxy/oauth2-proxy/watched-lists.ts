import type { HtpasswdConfiguration, OAuth2ProxyAdmission } from "../../config/oauth2-proxy-configuration.ts";
import type { Log } from "../../telemetry/log.ts";
import { parseEmailsFile } from "./emails-file.ts";
import { type HtpasswdUsers, parseHtpasswd } from "./htpasswd.ts";
import { type WatchedFile, watchFile } from "./watched-file.ts";

export interface WatchedListsDeps {
  readonly readFile: (path: string) => string;
  readonly log: Log;
}

/** The addresses that may enter, as their file says now. */
export function watchEmails(
  deps: WatchedListsDeps,
  { emailsFile }: OAuth2ProxyAdmission,
): WatchedFile<ReadonlySet<string>> {
  if (emailsFile === undefined) return { current: new Set(), close: () => undefined };
  return watch(deps, emailsFile, parseEmailsFile);
}

/** The users of the password file, as it says now. A file without a single one is taken for a mistake. */
export function watchHtpasswd(deps: WatchedListsDeps, { file }: HtpasswdConfiguration): WatchedFile<HtpasswdUsers> {
  return watch(deps, file, (text) => {
    const { users, unusableLines } = parseHtpasswd(text);
    if (users.size === 0) throw new Error("it doesn't contain a single valid user entry");
    for (const line of unusableLines) deps.log.warn("a line of the htpasswd file names nobody", { file, line });
    return users;
  });
}

function watch<T>({ readFile, log }: WatchedListsDeps, file: string, parse: (text: string) => T): WatchedFile<T> {
  return watchFile(
    {
      read: (path) => parse(readFile(path)),
      onChange: () => log.info("file read again", { file }),
      onError: (error) => log.error("file not read again, what it said before stays", { file, cause: String(error) }),
    },
    file,
  );
}
