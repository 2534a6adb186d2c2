// The application behind both proxies: 100 bytes, as fast as can be.
Bun.serve({
  hostname: "127.0.0.1",
  port: 19_101,
  fetch: () => new Response("x".repeat(100), { headers: { "Content-Type": "text/plain" } }),
});
