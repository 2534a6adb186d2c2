/** Certificate and key cannot be used. The message names the file and never what is in it. */
export class CertificateError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "CertificateError";
  }
}
