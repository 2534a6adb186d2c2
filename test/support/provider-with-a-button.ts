import { type FakeProvider, type FakeProviderOptions, startFakeProvider } from "./fake-provider.ts";

/** A provider that shows the person a page before it lets them on, so that a login can be left lying and gone on with. */
export async function startProviderWithAButton(options: FakeProviderOptions = {}): Promise<FakeProvider> {
  const provider = await startFakeProvider(options);
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      const onward = `${provider.issuer}/authorize${new URL(request.url).search}`.replaceAll("&", "&amp;");
      const page = `<!DOCTYPE html><html lang="en"><title>Provider</title><link rel="icon" href="data:,">
<a href="${onward}">Continue</a>`;
      return new Response(page, { headers: { "Content-Type": "text/html; charset=utf-8" } });
    },
  });
  provider.settings.discovery = { authorization_endpoint: `${server.url.origin}/authorize` };
  return {
    ...provider,
    async stop() {
      await server.stop(true);
      await provider.stop();
    },
  };
}
