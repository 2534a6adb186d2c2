import type { Page } from "playwright-core";

/** What Chromium tells a screen reader about one thing on a page. */
export interface Spoken {
  readonly role: string;
  readonly name: string;
  /** What is said besides the name, such as why a field is wrong. */
  readonly description: string;
  /** Of a heading; otherwise 0. */
  readonly level: number;
  readonly focused: boolean;
  readonly invalid: boolean;
}

/** The page as Chromium's accessibility tree has it, from top to bottom. */
export async function readAloud(page: Page): Promise<readonly Spoken[]> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  await session.detach();
  return nodes
    .filter(({ ignored }) => !ignored)
    .map(({ role, name, description, properties = [] }) => {
      const property = (wanted: string): unknown => properties.find((one) => one.name === wanted)?.value.value;
      return {
        role: String(role?.value ?? ""),
        name: String(name?.value ?? "").trim(),
        description: String(description?.value ?? "").trim(),
        level: Number(property("level") ?? 0),
        focused: property("focused") === true,
        invalid: property("invalid") === "true",
      };
    });
}

const CONTROLS: ReadonlySet<string> = new Set(["button", "checkbox", "link", "textbox"]);

/**
 * What a person with a screen reader would stumble over.
 *
 * @returns one line each; none when all is well.
 */
export async function obstacles(page: Page): Promise<readonly string[]> {
  const spoken = await readAloud(page);
  const headings = spoken.filter(({ role }) => role === "heading").map(({ level }) => level);
  const mains = spoken.filter(({ role }) => role === "main").length;
  const isSkipped = headings.some((level, at) => level > (headings[at - 1] ?? 0) + 1);
  return [
    ...spoken.filter(({ role, name }) => CONTROLS.has(role) && name === "").map(({ role }) => `a ${role} has no name`),
    ...(headings.filter((level) => level === 1).length === 1 && !isSkipped ? [] : [`headings: ${headings.join(" ")}`]),
    ...(mains === 1 ? [] : [`${mains} main parts`]),
  ];
}

/** What has the keyboard. */
export async function focusedIn(page: Page): Promise<Spoken | undefined> {
  const spoken = await readAloud(page);
  return spoken.findLast(({ focused, role }) => focused && role !== "RootWebArea");
}
