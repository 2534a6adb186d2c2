import type { Connector, PasswordConnector } from "../connector/connector.ts";
import type { ConnectorChoice, PasswordForm } from "../pages/pages.ts";
import type { ReturnTarget } from "../protocol/return-target.ts";
import { readLastConnector } from "./last-connector.ts";
import type { LoginDeps } from "./login-deps.ts";

export interface SignInView {
  readonly target: ReturnTarget;
  readonly status: number;
  /** A password try that failed: its form is shown again. */
  readonly failed?: {
    readonly connectorId: string;
    readonly username: string;
    readonly problem: NonNullable<PasswordForm["problem"]>;
  };
}

/** The page with all ways to sign in, the one used last first. */
export async function renderSignInPage(deps: LoginDeps, request: Request, view: SignInView): Promise<Response> {
  const last = readLastConnector(request);
  const connectors = deps.connectors.list().toSorted((a, b) => Number(b.id === last) - Number(a.id === last));
  const application = await deps.applicationOf(view.target);
  return deps.pages.signIn(request, {
    status: view.status,
    ...(application === undefined ? {} : { application }),
    connectors: connectors.filter((one) => one.kind === "redirect").map((one) => choice(deps, view, one, last)),
    forms: connectors.filter((one) => one.kind === "password").map((one) => passwordForm(deps, view, one)),
  });
}

function choice(deps: LoginDeps, view: SignInView, connector: Connector, last: string | undefined): ConnectorChoice {
  const query = new URLSearchParams({ connector: connector.id, rd: view.target });
  return {
    id: connector.id,
    name: connector.name,
    type: connector.type,
    href: `${deps.settings.pathPrefix}/start?${query.toString()}`,
    reachable: connector.status().reachable,
    lastUsed: connector.id === last,
  };
}

function passwordForm(deps: LoginDeps, view: SignInView, connector: PasswordConnector): PasswordForm {
  const failed = view.failed?.connectorId === connector.id ? view.failed : undefined;
  return {
    action: `${deps.settings.pathPrefix}/sign_in`,
    prompt: connector.prompt,
    usernameField: "username",
    username: failed?.username ?? "",
    hidden: { connector: connector.id, rd: view.target },
    ...(failed === undefined ? {} : { problem: failed.problem }),
  };
}
