import { pathOf } from "../../http/request-target.ts";
import type { Log } from "../../telemetry/log.ts";
import { customPage } from "../custom-page.ts";
import type { GoStruct } from "../go-template/value.ts";
import type { ApprovalModel, DeviceModel, ErrorModel, HomeModel, Pages, SignInModel } from "../pages.ts";
import { statusTitle } from "../status-title.ts";
import { folderRoutes } from "./folder-routes.ts";
import type { WebFolder } from "./web-folder.ts";

export interface DexPagesDeps {
  /** Shown where there is no template for a page, or it fails. */
  readonly own: Pages;
  readonly folder: WebFolder;
  readonly log: Log;
}

/** The provider's pages as the operator's own templates for dex make them (dex reference §11.2), with dex's fields. */
export function createDexPages(deps: DexPagesDeps, root: string): Pages {
  const { own, folder } = deps;
  const page = (request: Request, view: View, fallback: () => Response): Response => {
    const body = render(deps, view.template, { ...view.data, ReqPath: decodedPath(request) });
    return body === undefined ? fallback() : customPage(view.status, body);
  };
  return {
    ...own,
    signIn: (request, model) => page(request, signInView(model), () => own.signIn(request, model)),
    approval: (request, model) => page(request, approvalView(model), () => own.approval(request, model)),
    error: (request, model) => page(request, errorView(model), () => own.error(request, model)),
    home: (request, model) => {
      // Templates made for dex's release have none.
      if (!folder.templates.has("home.html")) return own.home(request, model);
      return page(request, homeView(model), () => own.home(request, model));
    },
    device: (request, model) => page(request, deviceView(model), () => own.device(request, model)),
    deviceDone: (request, model) => {
      const view = { template: "device_success.html", status: 200, data: { ClientName: model.clientName } };
      return page(request, view, () => own.deviceDone(request, model));
    },
    outOfBand: (request, model) => {
      const view = { template: "oob.html", status: 200, data: { Code: model.code } };
      return page(request, view, () => own.outOfBand(request, model));
    },
    routes: [...folderRoutes(folder, root), ...own.routes],
  };
}

interface View {
  readonly template: string;
  readonly status: number;
  readonly data: GoStruct;
}

function render({ folder, log }: DexPagesDeps, template: string, data: GoStruct): string | undefined {
  try {
    return folder.templates.render(template, data);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.error("a template failed; our own page is shown instead", { template, reason });
    return undefined;
  }
}

function signInView(model: SignInModel): View {
  const [form] = model.forms;
  if (form === undefined) {
    const connectors = model.connectors.map(({ id, name, type, href }) => ({
      ID: id,
      Name: name,
      Type: type,
      URL: href,
    }));
    return { template: "login.html", status: model.status, data: { Connectors: connectors } };
  }
  return {
    template: "password.html",
    status: model.status,
    data: {
      PostURL: form.action,
      BackLink: model.backHref ?? "",
      Username: form.username,
      UsernamePrompt: form.prompt,
      Invalid: form.problem !== undefined,
      ShowRememberMe: false,
      RememberMeChecked: false,
    },
  };
}

const SCOPE_TEXTS: Readonly<Record<string, string>> = {
  offline_access: "Have offline access",
  profile: "View basic profile information",
  email: "View your email address",
  groups: "View your groups",
};

function approvalView(model: ApprovalModel): View {
  const texts = model.scopes.flatMap((scope) => SCOPE_TEXTS[scope] ?? []).toSorted();
  return {
    template: "approval.html",
    status: 200,
    data: { User: model.userName, Client: model.clientName, AuthReqID: model.hidden["req"] ?? "", Scopes: texts },
  };
}

function errorView({ status, message }: ErrorModel): View {
  return { template: "error.html", status, data: { ErrType: statusTitle(status), ErrMsg: message } };
}

/** Nobody is signed in there: the template's other fields are empty. */
function homeView({ discoveryHref }: HomeModel): View {
  const data = {
    LoggedIn: false,
    Username: "",
    Email: "",
    EmailVerified: false,
    Groups: [],
    ConnectorName: "",
    SignedInISO: "",
    SignedInText: "",
    SessionExpiresISO: "",
    SessionExpiresText: "",
    SessionExpiryIsIdle: false,
    IPAddress: "",
    UserAgent: "",
    LogoutURL: "",
    DiscoveryURL: discoveryHref,
  };
  return { template: "home.html", status: 200, data };
}

function deviceView(model: DeviceModel): View {
  return {
    template: "device.html",
    status: model.status,
    data: { PostURL: model.action, UserCode: model.userCode, Invalid: model.problem !== undefined },
  };
}

function decodedPath(request: Request): string {
  try {
    return decodeURIComponent(pathOf(request));
  } catch {
    return pathOf(request);
  }
}
