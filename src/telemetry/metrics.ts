/** The numbers Gatehouse counts. Labels are closed sets, never user input. */
export interface Metrics {
  /** `gatehouse_requests_total{route,outcome}`; outcome is the status class (`2xx` …). */
  request(route: string, status: number): void;
  /** `gatehouse_decisions_total{app,outcome}`: allow, sign-in, forbid. */
  decision(app: string, outcome: "allow" | "sign-in" | "forbid"): void;
  /** `gatehouse_logins_total{connector,outcome}`: success, denied, wrong-credentials, error. */
  login(connector: string, outcome: "success" | "denied" | "wrong-credentials" | "error"): void;
  /** `gatehouse_tokens_total{grant,outcome}`: issued, refused. */
  token(grant: string, outcome: "issued" | "refused"): void;
  /** `gatehouse_refreshes_total{connector,outcome}` of upstream identities. */
  refresh(connector: string, outcome: "renewed" | "revoked" | "unreachable"): void;
  /** `gatehouse_upstream_total{upstream,outcome}`; the upstream is the configured origin. */
  upstream(origin: string, outcome: "answered" | "unreachable" | "timeout" | "broken" | "aborted"): void;
  /** `gatehouse_store_seconds{operation}`. */
  storeOperation(operation: string, seconds: number): void;
  /** The Prometheus text exposition format 0.0.4. */
  render(): string;
}
