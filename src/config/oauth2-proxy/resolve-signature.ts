import { Secret } from "../../protocol/secret.ts";
import type { OAuth2ProxyConfiguration } from "../oauth2-proxy-configuration.ts";
import { errorAt } from "./raw-setting.ts";
import type { Resolving } from "./resolving.ts";

/** Digests the original knows by these names. */
const ALGORITHMS: readonly string[] = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"];

/** `algorithm:key`. The errors do not repeat the key, as the original's do. */
export function resolveSignature({ settings, problems }: Resolving): Pick<OAuth2ProxyConfiguration, "signature"> {
  const text = settings.text("signature-key");
  if (text === "") return {};
  const place = settings.place("signature-key");
  const [algorithm = "", key, ...more] = text.split(":");
  const remedy = "Write algorithm:key, such as sha256:KEY.";
  if (key === undefined || more.length > 0) {
    problems.push(errorAt(place, "invalid signature hash:key spec.", remedy));
    return {};
  }
  if (!ALGORITHMS.includes(algorithm)) {
    problems.push(errorAt(place, `unsupported signature hash algorithm: ${algorithm.slice(0, 20)}`, remedy));
    return {};
  }
  return { signature: { algorithm, key: new Secret(key) } };
}
