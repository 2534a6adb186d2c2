import type { Resolving } from "./resolving.ts";
import type { StructuredServer } from "./structured-options.ts";

/** A certificate turns the plain listener off, and without one there is no TLS listener: flags run one of the two. */
export function serverFromFlags({ settings }: Resolving): StructuredServer {
  const [certificate, key] = [settings.text("tls-cert-file"), settings.text("tls-key-file")];
  if (certificate === "" && key === "") return { bindAddress: settings.text("http-address"), secureBindAddress: "" };
  return {
    bindAddress: "",
    secureBindAddress: settings.text("https-address"),
    tls: {
      ...fromFiles(certificate, key),
      minVersion: settings.text("tls-min-version"),
      cipherSuites: settings.list("tls-cipher-suite"),
    },
  };
}

/** Both of its listeners may run. */
export function metricsServerFromFlags({ settings }: Resolving): StructuredServer {
  const [certificate, key] = [settings.text("metrics-tls-cert-file"), settings.text("metrics-tls-key-file")];
  const addresses = {
    bindAddress: settings.text("metrics-address"),
    secureBindAddress: settings.text("metrics-secure-address"),
  };
  if (certificate === "" && key === "") return addresses;
  return { ...addresses, tls: { ...fromFiles(certificate, key), minVersion: "", cipherSuites: [] } };
}

/** One that is missing is left empty, which the listener then complains about. */
function fromFiles(certificate: string, key: string): Pick<NonNullable<StructuredServer["tls"]>, "cert" | "key"> {
  return {
    ...(certificate === "" ? {} : { cert: { fromFile: certificate } }),
    ...(key === "" ? {} : { key: { fromFile: key } }),
  };
}
