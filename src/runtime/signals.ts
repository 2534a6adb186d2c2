import type { Log } from "../telemetry/log.ts";

export interface SignalActions {
  /** SIGTERM and SIGINT: finish what is in flight and close. The process ends when it resolves. */
  readonly terminate: () => Promise<void>;
  /** SIGHUP: read the configuration again. */
  readonly reload: () => void | Promise<void>;
  readonly log: Log;
}

/**
 * Listen for the process signals. The first SIGTERM or SIGINT ends gracefully with status 0 (1 when `terminate`
 * failed), a second one ends at once with 130.
 *
 * @returns stop listening.
 */
export function onSignals(actions: SignalActions): () => void {
  let ending = false;
  const end = (signal: NodeJS.Signals): void => {
    if (ending) process.exit(130);
    ending = true;
    actions.log.info("stopping", { signal });
    actions.terminate().then(
      () => process.exit(0),
      (error: unknown) => {
        actions.log.error("stopping failed", { error: String(error) });
        process.exit(1);
      },
    );
  };
  const reload = (): void => {
    actions.log.info("reloading", { signal: "SIGHUP" });
    Promise.try(actions.reload).catch((error: unknown) =>
      actions.log.error("reloading failed", { error: String(error) }),
    );
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
  process.on("SIGHUP", reload);
  return () => {
    process.off("SIGTERM", end);
    process.off("SIGINT", end);
    process.off("SIGHUP", reload);
  };
}

/**
 * Log what nobody caught. A rejection nobody waited for harms one request at most, so the process goes on; after an
 * exception outside of any request it ends with 1, because nobody knows what state it is in.
 */
export function reportCrashes(log: Log): void {
  process.on("unhandledRejection", (reason) => {
    log.error("unhandled rejection", { error: describe(reason) });
  });
  process.on("uncaughtException", (error) => {
    log.error("uncaught exception", { error: describe(error) });
    process.exit(1);
  });
}

function describe(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? String(thrown)) : String(thrown);
}
