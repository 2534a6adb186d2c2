import { ConnectorError } from "../../connector/connector-error.ts";
import { isForeignPost, isFromAnotherSite } from "../../http/same-site.ts";
import type { Session } from "../../session/session.ts";
import { errorPage, signInPage, withoutCache } from "./answers.ts";
import { authenticate } from "./authenticate.ts";
import { returnTargetAmong } from "./choose-return-target.ts";
import { FormError, type FormValues, readFormValues } from "./form-values.ts";
import { htpasswdLogin } from "./htpasswd.ts";
import { redirectTo } from "./redirect-to.ts";
import type { RequestScope } from "./request-scope.ts";
import { askFirst } from "./sign-out.ts";
import { startLogin, type StartLoginDeps } from "./start-login.ts";

/** `{prefix}/sign_in`: the page, which signs out whoever sees it, and what its password form posts. */
export async function signIn(deps: StartLoginDeps, scope: RequestScope): Promise<Response> {
  let form: FormValues;
  try {
    form = await readFormValues(scope);
  } catch (error) {
    if (!(error instanceof FormError)) throw error;
    return withoutCache(await errorPage(deps, scope, { status: 500, cause: error.message }));
  }
  const attempt = scope.request.method === "POST" ? await byPassword(deps, scope, form) : NO_ATTEMPT;
  if (attempt.outcome === "signed-in") {
    return withoutCache(redirectTo(scope, 302, returnTargetAmong(deps, scope, form.get("rd"))));
  }
  if (deps.configuration.skipProviderButton) return startLogin(deps, scope, new URLSearchParams(scope.query));
  const session = await broughtByAnotherSite(deps, scope);
  if (session !== undefined) {
    return askFirst(deps, scope, { session, target: returnTargetAmong(deps, scope, form.get("rd")) });
  }
  const response = await signInPage(deps, scope, attempt);
  if (attempt.retryAfterSeconds !== undefined) response.headers.set("Retry-After", String(attempt.retryAfterSeconds));
  return response;
}

type Attempt =
  | { readonly outcome: "signed-in" }
  | {
      readonly outcome: "page";
      readonly status: number;
      readonly problem?: string;
      readonly retryAfterSeconds?: number;
    };

const NO_ATTEMPT: Attempt = { outcome: "page", status: 200 };

/** The session of somebody whom another site sent here: it must not end without their word. */
async function broughtByAnotherSite(deps: StartLoginDeps, scope: RequestScope): Promise<Session | undefined> {
  const { request } = scope;
  if (!isFromAnotherSite(request) && !(request.method === "POST" && isForeignPost(request))) return undefined;
  const authentication = await authenticate(deps, scope);
  return authentication.outcome === "pass" ? authentication.session : undefined;
}

/** A form of another site would sign a victim in as somebody else. */
async function byPassword(deps: StartLoginDeps, scope: RequestScope, form: FormValues): Promise<Attempt> {
  if (deps.passwords === undefined) return NO_ATTEMPT;
  const user = form.get("username");
  if (isForeignPost(scope.request)) {
    return { outcome: "page", status: 403, problem: "This form was sent from another site." };
  }
  if (user === "") return { outcome: "page", status: 400 };
  try {
    const isRight = await deps.passwords.check(user, form.get("password"), deps.clientAddress(scope));
    report(deps, scope, { user, isRight });
    if (!isRight) return { outcome: "page", status: 401 };
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    const retryAfterSeconds = error.retryAfterSeconds ?? 10;
    return { outcome: "page", status: error.status, problem: error.publicMessage, retryAfterSeconds };
  }
  scope.cookies.push(
    ...(await deps.sessions.begin(
      scope.request,
      "",
      htpasswdLogin(user, { ...deps.passwords, preferEmailToUser: false }),
    )),
  );
  return { outcome: "signed-in" };
}

function report(
  deps: StartLoginDeps,
  scope: RequestScope,
  { user, isRight }: { user: string; isRight: boolean },
): void {
  const message = isRight ? "Authenticated via HtpasswdFile" : "Invalid authentication via HtpasswdFile";
  deps.events(scope, { status: isRight ? "AuthSuccess" : "AuthFailure", user, message });
}
