import type { SecureContextOptions } from "node:tls";

import type { Log } from "../../telemetry/log.ts";
import { type CertificateTexts, type ListenerTls, readCertificate, secureContextOptions } from "./certificate.ts";

/**
 * How often the files are read again. By content, because that sees every way of renewing them: written over, renamed into place, or
 * a folder swapped by its symbolic link as Kubernetes does.
 */
const PERIOD_MILLISECONDS = 3000;

export interface CertificateWatch {
  /** What is served now. */
  readonly current: CertificateTexts;
  /** A renewed one is to be served from now on. */
  readonly apply: (options: SecureContextOptions) => void;
  readonly log: Log;
}

/**
 * Look for a renewed certificate. One that cannot be used is told once, and the one that is served stays.
 * @returns stop looking.
 */
export function watchCertificate(tls: ListenerTls, { current, apply, log }: CertificateWatch): () => void {
  if (!("file" in tls.certificate) && !("file" in tls.key)) return () => undefined;
  let served = current;
  let complained = "";
  const look = async (): Promise<void> => {
    try {
      const found = await readCertificate(tls);
      if (found.certificate === served.certificate && found.key === served.key) return;
      apply(secureContextOptions(tls, found));
      served = found;
      complained = "";
      log.info("TLS certificate renewed", { certificate: placeOf(tls) });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (message === complained) return;
      complained = message;
      log.error("TLS certificate not renewed, the old one stays", { certificate: placeOf(tls), cause: message });
    }
  };
  const timer = setInterval(() => void look(), PERIOD_MILLISECONDS);
  timer.unref();
  return () => clearInterval(timer);
}

function placeOf({ certificate }: ListenerTls): string {
  return "file" in certificate ? certificate.file : "configuration";
}
