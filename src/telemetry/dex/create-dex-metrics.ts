import { metricFamily, metricHead, renderProcessMetrics } from "../process-metrics.ts";

/** dex's numbers, under the names that its dashboards ask for (dex reference §12.2). */
export interface DexMetrics {
  /** A request was answered. */
  observe(answered: AnsweredRequest): void;
  /** The Prometheus text exposition format 0.0.4; without what our own metrics tell under the same name. */
  render(): string;
}

export interface AnsweredRequest {
  /** Path pattern below the issuer, such as `/auth/{connector}`. */
  readonly handler: string;
  readonly method: string;
  readonly status: number;
  readonly seconds: number;
  readonly bytes: number;
}

interface Row {
  count: number;
  readonly duration: Spread;
  readonly size: Spread;
}

/** How many fell at or below each bound, and their sum. */
interface Spread {
  readonly below: number[];
  sum: number;
}

const SECONDS = [0.25, 0.5, 1, 2.5, 5, 10];
const BYTES = [200, 500, 900, 1500];

/** Anything else is `unknown`: a client must not be able to make up labels. */
const METHODS: ReadonlySet<string> = new Set(["get", "put", "head", "post", "delete", "options", "patch"]);

export function createDexMetrics(version: string): DexMetrics {
  const rows = new Map<string, Row>();
  return {
    observe({ handler, method, status, seconds, bytes }) {
      const lower = method.toLowerCase();
      const labels = `code="${status}",handler="${handler}",method="${METHODS.has(lower) ? lower : "unknown"}"`;
      const row = rows.get(labels) ?? { count: 0, duration: emptySpread(SECONDS), size: emptySpread(BYTES) };
      rows.set(labels, row);
      row.count += 1;
      add(row.duration, SECONDS, seconds);
      add(row.size, BYTES, bytes);
    },
    render: () =>
      metricFamily("dex_build_info", "gauge", "The version that runs, always 1.", [[buildLabels(version), 1]]) +
      metricFamily(
        "http_requests_total",
        "counter",
        "Requests answered.",
        [...rows].map(([labels, { count }]) => [`{${labels}}`, count]),
      ) +
      histogram("request_duration_seconds", "Time until requests were answered.", rows, {
        bounds: SECONDS,
        of: ({ duration }) => duration,
      }) +
      histogram("response_size_bytes", "Sizes of answers.", rows, { bounds: BYTES, of: ({ size }) => size }) +
      renderProcessMetrics(),
  };
}

function buildLabels(version: string): string {
  const platform = `${process.platform}/${process.arch === "x64" ? "amd64" : process.arch}`;
  return `{go_version="none",platform="${platform}",version="gatehouse ${version}"}`;
}

function emptySpread(bounds: readonly number[]): Spread {
  return { below: bounds.map(() => 0), sum: 0 };
}

function add(spread: Spread, bounds: readonly number[], value: number): void {
  spread.sum += value;
  for (const [index, bound] of bounds.entries()) {
    if (value <= bound) spread.below[index] = (spread.below[index] ?? 0) + 1;
  }
}

interface Measure {
  readonly bounds: readonly number[];
  readonly of: (row: Row) => Spread;
}

function histogram(name: string, help: string, rows: ReadonlyMap<string, Row>, { bounds, of }: Measure): string {
  let text = rows.size === 0 ? "" : metricHead(name, "histogram", help);
  for (const [labels, row] of rows) {
    const { below, sum } = of(row);
    for (const [index, bound] of bounds.entries()) {
      text += `${name}_bucket{${labels},le="${bound}"} ${below[index] ?? 0}\n`;
    }
    text += `${name}_bucket{${labels},le="+Inf"} ${row.count}\n`;
    text += `${name}_sum{${labels}} ${sum}\n${name}_count{${labels}} ${row.count}\n`;
  }
  return text;
}
