import { connector, type Difference } from "./difference.ts";

/** What is asked of identity providers otherwise, and what is made of their answers. */
export const CONNECTOR_DIFFERENCES: readonly Difference[] = [
  {
    was: "an identity provider that pages its answers without end is asked without end",
    is: "up to a limit, then the sign-in fails",
    why: "one of them could keep the process busy",
    back: "",
    matters: connector("github", "gitlab", "gitea", "bitbucket-cloud", "google", "microsoft"),
  },
];
