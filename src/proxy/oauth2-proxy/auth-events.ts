import type { Login } from "../../protocol/identity.ts";
import type { RequestScope } from "./request-scope.ts";

/** Who tells the log and the metrics that somebody signed in, or tried to. */
export type AuthEvents = (
  scope: RequestScope,
  event: {
    readonly status: "AuthSuccess" | "AuthFailure" | "AuthError";
    readonly user: string;
    readonly message: string;
    /** Whom it is about, as far as the log of the original tells it. */
    readonly login?: Login;
  },
) => void;
