import { always, type Difference } from "./difference.ts";

/** What operators notice. */
export const OPERATION_DIFFERENCES: readonly Difference[] = [
  {
    was: "`/healthz` and its neighbours write and delete a request, every 15 seconds",
    is: "ask the storage, when somebody asks, at most every 5 seconds",
    why: "load",
    back: "",
  },
  {
    was: "metrics tell of Go (`go_…`)",
    is: "`process_…` and dex's own names only",
    why: "there is no Go",
    back: "",
  },
  {
    was: "`SIGTERM` and `SIGINT` end with status 2",
    is: "0",
    why: "an orderly end is no failure",
    back: "",
    matters: always,
  },
];
