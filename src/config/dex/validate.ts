import type { Problem } from "../problem.ts";
import { type ConfigObject, fieldAt, flagAt, objectsAt, placeAt, textAt } from "./config-object.ts";
import { errorAt } from "./dex-problem.ts";

interface Check {
  readonly path: string;
  /** The original's words. */
  readonly text: string;
  readonly remedy: string;
  readonly fails: (root: ConfigObject) => boolean;
}

const has =
  (path: string) =>
  (root: ConfigObject): boolean =>
    textAt(root, path) !== "";

/** What the original checks of the whole file before anything else, in its order. */
const CHECKS: readonly Check[] = [
  {
    path: "issuer",
    text: "no issuer specified in config file",
    remedy: "Set it to the provider's address.",
    fails: (root) => !has("issuer")(root),
  },
  {
    path: "staticPasswords",
    text: "cannot specify static passwords without enabling password db",
    remedy: "Set enablePasswordDB: true.",
    fails: (root) => objectsAt(root, "staticPasswords").length > 0 && flagAt(root, "enablePasswordDB") !== true,
  },
  {
    path: "storage",
    text: "no storage supplied in config file",
    remedy: "Set storage.type, such as sqlite3.",
    fails: (root) => fieldAt(root, "storage") === undefined,
  },
  {
    path: "web",
    text: "must supply a HTTP/HTTPS  address to listen on",
    remedy: "Set web.http, such as 0.0.0.0:5556.",
    fails: (root) => !has("web.http")(root) && !has("web.https")(root),
  },
  {
    path: "web.tlsCert",
    text: "no cert specified for HTTPS",
    remedy: "Set web.tlsCert.",
    fails: (root) => has("web.https")(root) && !has("web.tlsCert")(root),
  },
  {
    path: "web.tlsKey",
    text: "no private key specified for HTTPS",
    remedy: "Set web.tlsKey.",
    fails: (root) => has("web.https")(root) && !has("web.tlsKey")(root),
  },
  ...["web", "grpc"].flatMap(tlsChecks),
  {
    path: "grpc.addr",
    text: "no address specified for gRPC",
    remedy: "Set grpc.addr.",
    fails: (root) => (has("grpc.tlsCert")(root) || has("grpc.tlsKey")(root)) && !has("grpc.addr")(root),
  },
  {
    path: "grpc.tlsCert",
    text: "must specific both a gRPC TLS cert and key",
    remedy: "Set both grpc.tlsCert and grpc.tlsKey.",
    fails: (root) => has("grpc.tlsCert")(root) !== has("grpc.tlsKey")(root),
  },
  {
    path: "grpc.tlsClientCA",
    text: "cannot specify gRPC TLS client CA without a gRPC TLS cert",
    remedy: "Set grpc.tlsCert and grpc.tlsKey.",
    fails: (root) => has("grpc.tlsClientCA")(root) && !has("grpc.tlsCert")(root),
  },
];

/** Everything the original's `Validate()` finds, at once, each with its words. */
export function validateConfig(root: ConfigObject): readonly Problem[] {
  return CHECKS.filter((check) => check.fails(root)).map((check) =>
    errorAt(placeAt(root, check.path), check.text, check.remedy),
  );
}

const TLS_VERSIONS: readonly string[] = ["", "1.2", "1.3"];

function tlsChecks(section: string): readonly Check[] {
  const versions = ["tlsMinVersion", "tlsMaxVersion"].map((name) => `${section}.${name}`);
  const [min = "", max = ""] = versions;
  return [
    ...versions.map((path) => ({
      path,
      text: "supported TLS versions are: 1.2, 1.3",
      remedy: "Write one of them, in quotes.",
      fails: (root: ConfigObject) => !TLS_VERSIONS.includes(textAt(root, path)),
    })),
    {
      path: min,
      text: "TLSMinVersion greater than TLSMaxVersion",
      remedy: "Swap them.",
      fails: (root: ConfigObject) => textAt(root, min) === "1.3" && textAt(root, max) === "1.2",
    },
  ];
}
