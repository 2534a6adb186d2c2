import { startFakeProvider } from "../test/support/fake-provider.ts";

// The provider behind the drop-in: it signs everybody in at once.
await startFakeProvider({
  port: Number(process.argv[2] ?? 19_104),
  clientId: "bench",
  clientSecret: "bench-secret",
  algorithm: "RS256",
});
