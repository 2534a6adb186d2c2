import { readdir } from "node:fs/promises";

/** A page of links to what is in a folder, sorted by name; folders end in `/`. */
export async function directoryListing(directory: string): Promise<string> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).toSorted();
  const head = '<!doctype html>\n<meta name="viewport" content="width=device-width">\n';
  return `${head}<pre>\n${names.map(link).join("")}</pre>\n`;
}

/** A colon is escaped too, so a file called `javascript:…` is a file. */
function link(name: string): string {
  const address = encodeURIComponent(name).replaceAll("%2F", "/");
  return `<a href="${address}">${escapeHtml(name)}</a>\n`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
