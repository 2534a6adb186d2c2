import { describe, expect, test } from "bun:test";

import { createMetrics } from "./create-metrics.ts";

describe("the metrics", () => {
  test("count requests by route and status class", () => {
    const metrics = createMetrics();
    metrics.request("auth", 202);
    metrics.request("auth", 200);
    metrics.request("auth", 401);
    metrics.request("auth", 999);
    const text = metrics.render();
    expect(text).toContain(
      '# TYPE gatehouse_requests_total counter\ngatehouse_requests_total{route="auth",outcome="2xx"} 2\n',
    );
    expect(text).toContain('gatehouse_requests_total{route="auth",outcome="4xx"} 1\n');
    expect(text).toContain('gatehouse_requests_total{route="auth",outcome="other"} 1\n');
  });

  test("count what the rooms report", () => {
    const metrics = createMetrics({ version: '1"2' });
    metrics.decision("wiki", "allow");
    metrics.login("corp", "denied");
    metrics.token("refresh_token", "issued");
    metrics.refresh("corp", "unreachable");
    metrics.upstream("http://wiki:8080", "timeout");
    const text = metrics.render();
    expect(text).toContain('gatehouse_decisions_total{app="wiki",outcome="allow"} 1\n');
    expect(text).toContain('gatehouse_logins_total{connector="corp",outcome="denied"} 1\n');
    expect(text).toContain('gatehouse_tokens_total{grant="refresh_token",outcome="issued"} 1\n');
    expect(text).toContain('gatehouse_refreshes_total{connector="corp",outcome="unreachable"} 1\n');
    expect(text).toContain('gatehouse_upstream_total{upstream="http://wiki:8080",outcome="timeout"} 1\n');
    expect(text).toContain('gatehouse_build_info{version="1\\"2"} 1\n');
  });

  test("sum store latency in cumulative buckets", () => {
    const metrics = createMetrics();
    metrics.storeOperation("load", 0.0002);
    metrics.storeOperation("load", 0.002);
    metrics.storeOperation("load", 60);
    const text = metrics.render();
    expect(text).toContain('gatehouse_store_seconds_bucket{operation="load",le="0.0001"} 0\n');
    expect(text).toContain('gatehouse_store_seconds_bucket{operation="load",le="0.00025"} 1\n');
    expect(text).toContain('gatehouse_store_seconds_bucket{operation="load",le="2.5"} 2\n');
    expect(text).toContain('gatehouse_store_seconds_bucket{operation="load",le="+Inf"} 3\n');
    expect(text).toContain('gatehouse_store_seconds_count{operation="load"} 3\n');
  });

  test("know the process", () => {
    const text = createMetrics().render();
    expect(text).toMatch(/^process_resident_memory_bytes \d{7,}$/m);
    expect(text).toMatch(/^process_cpu_seconds_total \d+(\.\d+)?$/m);
    expect(text).toMatch(/^process_start_time_seconds \d{10}\.\d{3}$/m);
  });
});
