import type { OAuth2ProxyConfiguration } from "../../config/oauth2-proxy-configuration.ts";
import type { RedirectConnector } from "../../connector/connector.ts";
import type { HeaderField } from "../../http/exchange.ts";
import type { CsrfLogins } from "../../login/csrf-logins.ts";
import type { OriginalPages } from "../../pages/oauth2-proxy/create-original-pages.ts";
import type { Clock } from "../../protocol/clock.ts";
import type { Session } from "../../session/session.ts";
import type { Log } from "../../telemetry/log.ts";
import type { Admission } from "./admission.ts";
import type { AuthenticateDeps } from "./authenticate.ts";
import type { HeaderLoginDeps } from "./authorization-header.ts";
import type { RequestScope } from "./request-scope.ts";
import type { IsReturnTarget } from "./return-target-rules.ts";
import type { Upstreams } from "./upstreams/create-upstreams.ts";

/** What the endpoints of the drop-in are made of. */
export interface OAuth2ProxyDeps extends AuthenticateDeps {
  readonly configuration: OAuth2ProxyConfiguration;
  /** Are cookies for https only? Then so is the callback. */
  readonly secureCookies: boolean;
  readonly pathPrefix: string;
  readonly admission: Admission;
  readonly isReturnTarget: IsReturnTarget;
  readonly isApiRoute: (scope: RequestScope) => boolean;
  readonly connector: RedirectConnector;
  /** Is PKCE used towards the provider? */
  readonly pkce: boolean;
  readonly logins: CsrfLogins;
  readonly pages: OriginalPages;
  /** Asks before signing out somebody whom another site sent here. */
  readonly askToSignOut: (request: Request, userName: string, returnTarget: string) => Response;
  readonly passwords?: NonNullable<HeaderLoginDeps["passwords"]>;
  /** What an allowed answer says of the session. */
  readonly answerHeaders: (session: Session | undefined) => readonly HeaderField[];
  readonly upstreams: Upstreams;
  /** For the backend's sign-out. */
  readonly fetch: (url: string, init?: RequestInit) => Promise<Response>;
  readonly clock: Clock;
  readonly log: Log;
}
