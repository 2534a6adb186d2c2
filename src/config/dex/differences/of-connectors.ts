import { connector, type Difference, hasPasswords } from "./difference.ts";

/** What is asked of identity providers otherwise, and what is made of their answers. */
export const CONNECTOR_DIFFERENCES: readonly Difference[] = [
  {
    was: "an identity provider that pages its answers without end is asked without end",
    is: "up to a limit, then the sign-in fails",
    why: "one of them could keep the process busy",
    back: "",
    matters: connector("github", "gitlab", "gitea", "bitbucket-cloud", "google", "microsoft"),
  },
  {
    was: "an answer of an identity provider may be as long, and take as long, as it likes",
    is: "1 MiB, 10 seconds",
    why: "one of them could keep the process busy",
    back: "",
  },
  {
    was: "access tokens of any `token_type` are used",
    is: "`bearer` only",
    why: "RFC 6749 §7.1",
    back: "",
  },
  {
    was: "a password connector is asked with an empty password",
    is: "is not asked: it is wrong",
    why: "many directories take it for anonymous, and say yes",
    back: "",
  },
  {
    was: "an identity provider, directory or server that is down: 500",
    is: "503 with `Retry-After`, and the form again",
    why: "nobody has to start anew",
    back: "",
    matters: hasPasswords,
  },
];
