import { queryOf } from "../http/request-target.ts";
import { readForm } from "../http/form.ts";
import { redirect } from "../http/redirect.ts";
import { isForeignPost, isFromAnotherSite } from "../http/same-site.ts";
import type { ReturnTarget } from "../protocol/return-target.ts";
import type { Session } from "../session/session.ts";
import type { LoginDeps } from "./login-deps.ts";
import { returnTargetOf } from "./return-target-of.ts";

/**
 * `GET` or `POST {prefix}/sign_out?rd=…`: end the session, clear its cookies, and end the upstream's session when it has
 * an end-session endpoint. A link on another site only leads to a page that asks first.
 */
export async function signOut(deps: LoginDeps, request: Request): Promise<Response> {
  const { settings } = deps;
  const raw = request.method === "POST" ? (await readForm(request)).get("rd") : null;
  const rd = raw ?? new URLSearchParams(queryOf(request)).get("rd");
  const { session } = await deps.sessions.load(request);
  if (session !== undefined && isForced(request)) return askFirst(deps, request, session, rd);
  const cookies = await deps.sessions.end(request);
  if (session !== undefined) deps.log.info("sign-out", { session: session.id, connector: session.connectorId });
  const target = rd === null ? `${settings.pathPrefix}/signed_out` : returnTargetOf(settings, rd);
  return redirect(302, upstreamSignOut(deps, session, target) ?? target, cookies);
}

/** `GET {prefix}/signed_out`: the end of the way, or on to the return target that came back from the upstream in `state`. */
export function signedOut(deps: LoginDeps, request: Request): Response {
  const state = new URLSearchParams(queryOf(request)).get("state");
  const opened = state === null ? undefined : deps.keyRing.open(state, SEAL_CONTEXT);
  if (opened !== undefined) return redirect(302, Buffer.from(opened).toString());
  return deps.pages.signedOut(request, { signInHref: `${deps.settings.pathPrefix}/start` });
}

const SEAL_CONTEXT = "signed-out";

/** Applications are sibling hosts, and may sign people out. */
function isForced(request: Request): boolean {
  if (request.method !== "POST" || request.headers.has("sec-fetch-site")) return isFromAnotherSite(request);
  return isForeignPost(request);
}

function askFirst(deps: LoginDeps, request: Request, session: Session, rd: string | null): Response {
  return deps.pages.signOut(request, {
    action: `${deps.settings.pathPrefix}/sign_out`,
    userName: session.identity.username,
    hidden: rd === null ? {} : { rd: returnTargetOf(deps.settings, rd) },
  });
}

/** Sealed into `state`, because an upstream only sends the browser back to one registered address. */
function upstreamSignOut(
  deps: LoginDeps,
  session: Session | undefined,
  target: ReturnTarget | string,
): string | undefined {
  const connector = session === undefined ? undefined : deps.connectors.find(session.connectorId);
  if (session === undefined || connector?.kind !== "redirect") return undefined;
  const url = connector.endSessionUrl?.(session, `${deps.settings.publicUrl}${deps.settings.pathPrefix}/signed_out`);
  url?.searchParams.set("state", deps.keyRing.seal(Buffer.from(target), SEAL_CONTEXT));
  return url?.href;
}
