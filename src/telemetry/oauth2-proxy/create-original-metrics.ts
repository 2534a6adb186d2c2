import { metricFamily, metricHead, renderProcessMetrics } from "../process-metrics.ts";

/** The original's numbers, under the names that its dashboards ask for. */
export interface OriginalMetrics {
  /** A request begins. @returns to be called once, when it is answered. */
  begin(method: string): (status: number) => void;
  /** The Prometheus text exposition format 0.0.4; without what our own metrics tell under the same name. */
  render(): string;
}

/** @param now seconds of a clock that only goes on. Default: the process's. */
export function createOriginalMetrics(now: () => number = () => performance.now() / 1000): OriginalMetrics {
  const requests = new Map<number, number>();
  const durations = new Map<string, Durations>();
  let inFlight = 0;
  let scrapes = 0;
  return {
    begin(method) {
      const startedAt = now();
      inFlight += 1;
      return (status) => {
        inFlight -= 1;
        requests.set(status, (requests.get(status) ?? 0) + 1);
        observe(durations, method, now() - startedAt);
      };
    },
    render() {
      const text = [
        renderRequests(requests),
        metricFamily("oauth2_proxy_requests_in_flight", "gauge", "Requests that are being answered.", [["", inFlight]]),
        renderDurations(durations),
        renderScrapes(scrapes),
        renderProcessMetrics(),
      ].join("");
      scrapes += 1;
      return text;
    },
  };
}

interface Durations {
  /** How many fell into each bucket alone. */
  readonly counts: number[];
  sum: number;
  count: number;
}

/** Upper bounds in seconds: the defaults of Prometheus' Go client. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Anything else is `unknown`: a client must not be able to make up labels. */
const METHODS: ReadonlySet<string> = new Set([
  "get",
  "put",
  "head",
  "post",
  "delete",
  "connect",
  "options",
  "notify",
  "trace",
  "patch",
]);

function observe(durations: Map<string, Durations>, method: string, seconds: number): void {
  const name = method.toLowerCase();
  const label = METHODS.has(name) ? name : "unknown";
  const row = durations.get(label) ?? { counts: BUCKETS.map(() => 0), sum: 0, count: 0 };
  durations.set(label, row);
  row.sum += seconds;
  row.count += 1;
  const bucket = BUCKETS.findIndex((bound) => seconds <= bound);
  if (bucket !== -1) row.counts[bucket] = (row.counts[bucket] ?? 0) + 1;
}

function renderRequests(requests: ReadonlyMap<number, number>): string {
  const rows = [...requests].sort(([first], [second]) => first - second);
  return metricFamily(
    "oauth2_proxy_requests_total",
    "counter",
    "Requests answered, by HTTP status code.",
    rows.map(([status, count]) => [`{code="${status}"}`, count]),
  );
}

function renderDurations(durations: ReadonlyMap<string, Durations>): string {
  const name = "oauth2_proxy_response_duration_seconds";
  let text =
    durations.size === 0 ? "" : metricHead(name, "histogram", "Time until a request was answered, by HTTP method.");
  for (const [method, { counts, sum, count }] of durations) {
    let below = 0;
    for (const [index, bound] of BUCKETS.entries()) {
      below += counts[index] ?? 0;
      text += `${name}_bucket{method="${method}",le="${bound}"} ${below}\n`;
    }
    text += `${name}_bucket{method="${method}",le="+Inf"} ${count}\n`;
    text += `${name}_sum{method="${method}"} ${sum}\n${name}_count{method="${method}"} ${count}\n`;
  }
  return text;
}

function renderScrapes(scrapes: number): string {
  return (
    metricFamily("promhttp_metric_handler_requests_in_flight", "gauge", "Scrapes that are being answered.", [["", 1]]) +
    metricFamily("promhttp_metric_handler_requests_total", "counter", "Scrapes by HTTP status code.", [
      ['{code="200"}', scrapes],
      ['{code="500"}', 0],
      ['{code="503"}', 0],
    ])
  );
}
