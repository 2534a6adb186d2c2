import { queryOf } from "../../http/request-target.ts";
import { parseGoBool } from "../../protocol/go-bool.ts";
import { shownError } from "../authorize/shown-error.ts";
import type { ProviderContext } from "../provider-deps.ts";

/** `GET /device`, RFC 8628 §3.3: the form for the user code, filled in when the address has one. */
export function devicePage(provider: ProviderContext, request: Request): Response {
  if (request.method !== "GET") throw shownError(400, "Requested resource does not exist.");
  const query = new URLSearchParams(queryOf(request));
  const isWrong = parseGoBool(query.get("invalid") ?? "") === true;
  return showDevicePage(provider, request, { userCode: query.get("user_code") ?? "", isWrong });
}

export interface DevicePageView {
  readonly userCode: string;
  readonly isWrong: boolean;
}

export function showDevicePage(
  provider: ProviderContext,
  request: Request,
  { userCode, isWrong }: DevicePageView,
): Response {
  return provider.pages.device(request, {
    status: isWrong ? 400 : 200,
    action: `${provider.root}/device/auth/verify_code`,
    userCode,
    ...(isWrong ? { problem: "wrong-code" } : {}),
  });
}
