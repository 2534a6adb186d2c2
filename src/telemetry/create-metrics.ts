import type { Metrics } from "./metrics.ts";

export interface MetricsOptions {
  /** Shown in `gatehouse_build_info`. Default `unknown`. */
  readonly version?: string;
}

/** Upper bounds in seconds: a cached answer of SQLite is near the first, a network round trip in the middle. */
const STORE_BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/**
 * The numbers of this process, kept in memory and rendered on request. An increment is two map lookups and an addition,
 * so that it may stand on the hot path.
 */
export function createMetrics(options: MetricsOptions = {}): Metrics {
  const requests = new Counter("gatehouse_requests_total", "Requests answered.", "route", "outcome");
  const decisions = new Counter("gatehouse_decisions_total", "Access decisions.", "app", "outcome");
  const logins = new Counter("gatehouse_logins_total", "Sign-in attempts.", "connector", "outcome");
  const tokens = new Counter("gatehouse_tokens_total", "Answers of the token endpoint.", "grant", "outcome");
  const refreshes = new Counter("gatehouse_refreshes_total", "Upstream identity renewals.", "connector", "outcome");
  const upstreams = new Counter("gatehouse_upstream_total", "Requests sent to upstreams.", "upstream", "outcome");
  const store = new Histogram("gatehouse_store_seconds", "Time a store operation took.", "operation", STORE_BUCKETS);
  return {
    request: (route, status) => requests.increment(route, CLASSES[Math.trunc(status / 100)] ?? "other"),
    decision: (app, outcome) => decisions.increment(app, outcome),
    login: (connector, outcome) => logins.increment(connector, outcome),
    token: (grant, outcome) => tokens.increment(grant, outcome),
    refresh: (connector, outcome) => refreshes.increment(connector, outcome),
    upstream: (origin, outcome) => upstreams.increment(origin, outcome),
    storeOperation: (operation, seconds) => store.observe(operation, seconds),
    render: () =>
      [requests, decisions, logins, tokens, refreshes, upstreams, store].map((metric) => metric.render()).join("") +
      renderProcess(options.version ?? "unknown"),
  };
}

const CLASSES = ["other", "1xx", "2xx", "3xx", "4xx", "5xx"];

class Counter {
  readonly #rows = new Map<string, Map<string, { count: number }>>();
  readonly #head: string;
  readonly #name: string;
  readonly #first: string;
  readonly #second: string;

  constructor(name: string, help: string, ...labels: readonly [first: string, second: string]) {
    this.#name = name;
    this.#head = head(name, help, "counter");
    [this.#first, this.#second] = labels;
  }

  increment(first: string, second: string): void {
    const cell = this.#rows.get(first)?.get(second);
    if (cell === undefined) this.#add(first, second);
    else cell.count += 1;
  }

  #add(first: string, second: string): void {
    const row = this.#rows.get(first) ?? new Map<string, { count: number }>();
    row.set(second, { count: 1 });
    this.#rows.set(first, row);
  }

  render(): string {
    let text = this.#head;
    for (const [first, row] of this.#rows) {
      for (const [second, { count }] of row) {
        text += `${this.#name}{${this.#first}="${escape(first)}",${this.#second}="${escape(second)}"} ${count}\n`;
      }
    }
    return text;
  }
}

class Histogram {
  readonly #rows = new Map<string, { readonly counts: number[]; sum: number; count: number }>();
  readonly #head: string;
  readonly #name: string;
  readonly #label: string;
  readonly #bounds: readonly number[];

  constructor(name: string, help: string, ...[label, bounds]: readonly [label: string, bounds: readonly number[]]) {
    this.#name = name;
    this.#head = head(name, help, "histogram");
    this.#label = label;
    this.#bounds = bounds;
  }

  observe(label: string, value: number): void {
    let row = this.#rows.get(label);
    if (row === undefined) {
      row = { counts: this.#bounds.map(() => 0), sum: 0, count: 0 };
      this.#rows.set(label, row);
    }
    row.sum += value;
    row.count += 1;
    const bucket = this.#bounds.findIndex((bound) => value <= bound);
    if (bucket !== -1) row.counts[bucket] = (row.counts[bucket] ?? 0) + 1;
  }

  render(): string {
    let text = this.#head;
    for (const [label, { counts, sum, count }] of this.#rows) {
      const own = `${this.#label}="${escape(label)}"`;
      let below = 0;
      for (const [index, bound] of this.#bounds.entries()) {
        below += counts[index] ?? 0;
        text += `${this.#name}_bucket{${own},le="${bound}"} ${below}\n`;
      }
      text += `${this.#name}_bucket{${own},le="+Inf"} ${count}\n`;
      text += `${this.#name}_sum{${own}} ${sum}\n${this.#name}_count{${own}} ${count}\n`;
    }
    return text;
  }
}

function renderProcess(version: string): string {
  const { user, system } = process.cpuUsage();
  const started = Date.now() / 1000 - process.uptime();
  return (
    head("gatehouse_build_info", "Version of this process.", "gauge") +
    `gatehouse_build_info{version="${escape(version)}"} 1\n` +
    head("process_cpu_seconds_total", "User and system time.", "counter") +
    `process_cpu_seconds_total ${(user + system) / 1e6}\n` +
    head("process_resident_memory_bytes", "Resident memory.", "gauge") +
    `process_resident_memory_bytes ${process.memoryUsage.rss()}\n` +
    head("process_start_time_seconds", "Start of the process since the epoch.", "gauge") +
    `process_start_time_seconds ${started.toFixed(3)}\n`
  );
}

function head(name: string, help: string, type: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

function escape(value: string): string {
  return value.replace(/["\\\n]/g, (mark) => (mark === "\n" ? "\\n" : `\\${mark}`));
}
