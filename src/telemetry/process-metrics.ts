import { readdirSync, readFileSync } from "node:fs";

/** Values of one metric: labels as they are written, with braces, and the number. */
export type MetricRow = readonly [labels: string, value: number];

/** A metric in the Prometheus text exposition format 0.0.4; nothing when it has no values. */
export function metricFamily(name: string, type: string, help: string, rows: readonly MetricRow[]): string {
  if (rows.length === 0) return "";
  return metricHead(name, type, help) + rows.map(([labels, value]) => `${name}${labels} ${value}\n`).join("");
}

export function metricHead(name: string, type: string, help: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

/** What the kernel says about the process; nothing where there is no `/proc`. Memory, time and start are in our own metrics. */
export function renderProcessMetrics(): string {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    const kilobytes = /^VmSize:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
    const descriptors = readdirSync("/proc/self/fd").length;
    return (
      metricFamily("process_open_fds", "gauge", "Open file descriptors.", [["", descriptors]]) +
      (limit === undefined
        ? ""
        : metricFamily("process_max_fds", "gauge", "File descriptors that may be open.", [["", Number(limit)]])) +
      metricFamily("process_virtual_memory_bytes", "gauge", "Virtual memory.", [["", Number(kilobytes) * 1024]])
    );
  } catch {
    return "";
  }
}
