import { describe, expect, test } from "bun:test";

import { createMetrics } from "../create-metrics.ts";
import { createOriginalMetrics } from "./create-original-metrics.ts";

describe("the original's numbers", () => {
  test("count requests by code, in flight and by time", () => {
    let now = 0;
    const metrics = createOriginalMetrics(() => now);
    const first = metrics.begin("GET");
    const second = metrics.begin("get");
    const third = metrics.begin("MADE-UP");
    expect(metrics.render()).toContain("oauth2_proxy_requests_in_flight 3\n");
    now = 0.02;
    first(403);
    now = 20;
    second(200);
    third(403);
    const text = metrics.render();
    expect(text).toContain('oauth2_proxy_requests_total{code="200"} 1\noauth2_proxy_requests_total{code="403"} 2\n');
    expect(text).toContain("oauth2_proxy_requests_in_flight 0\n");
    expect(text).toContain('oauth2_proxy_response_duration_seconds_bucket{method="get",le="0.01"} 0\n');
    expect(text).toContain('oauth2_proxy_response_duration_seconds_bucket{method="get",le="0.025"} 1\n');
    expect(text).toContain('oauth2_proxy_response_duration_seconds_bucket{method="get",le="10"} 1\n');
    expect(text).toContain('oauth2_proxy_response_duration_seconds_bucket{method="get",le="+Inf"} 2\n');
    expect(text).toContain('oauth2_proxy_response_duration_seconds_sum{method="get"} 20.02\n');
    expect(text).toContain('oauth2_proxy_response_duration_seconds_count{method="unknown"} 1\n');
    expect(text).toContain('promhttp_metric_handler_requests_total{code="200"} 1\n');
  });

  test("stand beside ours without a name twice, each with help and type", () => {
    const original = createOriginalMetrics();
    original.begin("GET")(200);
    const lines = (original.render() + createMetrics().render()).trimEnd().split("\n");
    const types = lines.filter((line) => line.startsWith("# TYPE ")).map((line) => line.split(" ")[2]);
    expect(new Set(types).size).toBe(types.length);
    for (const line of lines.filter((one) => !one.startsWith("#"))) {
      const name = line.split(/[ {]/, 1)[0]!.replace(/_(?:bucket|sum|count)$/, "");
      expect(types).toContain(name);
      expect(line).toMatch(/^[a-z0-9_]+(?:\{[^{}]*\})? \d+(?:\.\d+)?(?:e[+-]\d+)?$/);
    }
    expect(types).toContain("process_open_fds");
    expect(types).toContain("process_resident_memory_bytes");
  });
});
