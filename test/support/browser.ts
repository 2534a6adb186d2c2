/** An answer as a test looks at it. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  readonly url: string;
  /** Absolute, when there was a `Location`. */
  readonly location: string | undefined;
}

interface StoredCookie {
  readonly name: string;
  readonly value: string;
  readonly domain: string;
  readonly hostOnly: boolean;
  readonly path: string;
  readonly secure: boolean;
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
}

/**
 * A small browser: keeps cookies by domain, path and Secure (every `*.localhost` name counts as secure), resolves
 * `*.localhost` to loopback, follows redirects only when asked, and submits the forms that a page has.
 */
export class Browser {
  cookies: StoredCookie[] = [];
  /** Where names lead: requests for any host go to 127.0.0.1 on the URL's own port. */
  async request(url: string, options: RequestOptions = {}): Promise<Answer> {
    const target = new URL(url);
    const headers = new Headers({
      accept: "text/html,application/xhtml+xml",
      "sec-fetch-mode": "navigate",
      host: target.host,
      ...options.headers,
    });
    const cookie = this.cookieHeader(target);
    if (cookie !== "" && !headers.has("cookie")) headers.set("cookie", cookie);
    const direct = new URL(target.href);
    direct.hostname = "127.0.0.1";
    const response = await fetch(direct, {
      method: options.method ?? (options.form === undefined ? "GET" : "POST"),
      headers,
      redirect: "manual",
      ...(options.form === undefined ? {} : { body: new URLSearchParams(options.form) }),
    });
    for (const line of response.headers.getSetCookie()) this.store(target, line);
    const location = response.headers.get("location");
    return {
      status: response.status,
      headers: response.headers,
      body: await response.text(),
      url: target.href,
      location: location === null ? undefined : new URL(location, target).href,
    };
  }

  /** Request, then follow redirects until a page comes; at most 15. */
  async open(url: string, options: RequestOptions = {}): Promise<Answer> {
    let answer = await this.request(url, options);
    for (let hops = 0; answer.location !== undefined && answer.status >= 300 && answer.status < 400; hops += 1) {
      if (hops === 15) throw new Error(`too many redirects, last ${answer.location}`);
      answer = await this.request(answer.location);
    }
    return answer;
  }

  /** Submit the page's first form that has a field of each given name, filled in, and follow. */
  async submit(page: Answer, fields: Readonly<Record<string, string>>): Promise<Answer> {
    const form = formsOf(page).find((one) => Object.keys(fields).every((name) => name in one.fields));
    if (form === undefined)
      throw new Error(`no form with ${Object.keys(fields).join(", ")} on ${page.url}: ${page.body}`);
    const filled = { ...form.fields, ...fields };
    if (form.method === "get") {
      const url = new URL(form.action);
      for (const [name, value] of Object.entries(filled)) url.searchParams.set(name, value);
      return this.open(url.href);
    }
    const origin = new URL(form.action).origin;
    return this.open(form.action, { form: filled, headers: { origin, "sec-fetch-site": "same-origin" } });
  }

  cookieHeader(target: URL): string {
    return this.cookies
      .filter((cookie) => matches(cookie, target))
      .map((cookie) => `${cookie.name}=${cookie.value}`)
      .join("; ");
  }

  private store(target: URL, line: string): void {
    const [pair = "", ...attributes] = line.split(";").map((part) => part.trim());
    const name = pair.slice(0, pair.indexOf("="));
    const value = pair.slice(pair.indexOf("=") + 1);
    const found = new Map(
      attributes.map((one) => [one.split("=")[0]?.toLowerCase() ?? "", one.slice(one.indexOf("=") + 1)]),
    );
    const domain = found.get("domain")?.replace(/^\./, "");
    if (domain !== undefined && target.hostname !== domain && !target.hostname.endsWith(`.${domain}`)) return;
    const path = found.get("path") ?? "/";
    const cookie: StoredCookie = {
      name,
      value,
      domain: domain ?? target.hostname,
      hostOnly: domain === undefined,
      path,
      secure: found.has("secure"),
    };
    this.cookies = this.cookies.filter(
      (old) => !(old.name === name && old.domain === cookie.domain && old.path === path),
    );
    if (found.get("max-age") !== "0") this.cookies.push(cookie);
  }
}

interface Form {
  readonly action: string;
  readonly method: string;
  readonly fields: Record<string, string>;
}

/** The forms of a page with their named fields. */
export function formsOf(page: Answer): readonly Form[] {
  return [...page.body.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)].map(([, attributes = "", content = ""]) => ({
    action: new URL(attribute(attributes, "action") ?? page.url, page.url).href,
    method: (attribute(attributes, "method") ?? "get").toLowerCase(),
    fields: Object.fromEntries(
      [...content.matchAll(/<(?:input|button)\b([^>]*)>/g)].flatMap(([, field = ""]) => {
        const name = attribute(field, "name");
        return name === undefined ? [] : [[name, attribute(field, "value") ?? ""]];
      }),
    ),
  }));
}

function attribute(text: string, name: string): string | undefined {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(text)?.[1];
  return value
    ?.replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll("&#x27;", "'")
    .replaceAll("&amp;", "&");
}

function matches(cookie: StoredCookie, target: URL): boolean {
  const host = target.hostname;
  const domain = cookie.hostOnly
    ? host === cookie.domain
    : host === cookie.domain || host.endsWith(`.${cookie.domain}`);
  const path = cookie.path === "/" || target.pathname === cookie.path || target.pathname.startsWith(`${cookie.path}/`);
  const secure = !cookie.secure || target.protocol === "https:" || host.endsWith("localhost") || host === "127.0.0.1";
  return domain && path && secure;
}
