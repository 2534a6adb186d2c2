import { extname } from "node:path";

import { logo } from "../logo.ts";
import { DEFAULT_ACCENT } from "../palette.ts";

/** A logo in the two forms that pages need. */
export interface OperatorLogo {
  /** For custom templates: an `<img>`, or the operator's SVG itself. Empty = none. */
  readonly markup: string;
  /** For our own pages, where an SVG is an image and cannot run anything. Absent = none. */
  readonly src?: string;
}

/**
 * @param configured a file (`.svg`, `.png`, `.jpg`, `.jpeg`), an https address, `-` for none, empty for ours.
 * @throws {Error} when the file cannot be read or is of another kind.
 */
export function loadLogo(readFile: (path: string) => Uint8Array, configured: string): OperatorLogo {
  if (configured === "-") return { markup: "" };
  if (configured === "") return svg(logo(DEFAULT_ACCENT).replace("<svg ", '<svg width="96" height="96" '));
  if (configured.startsWith("https://")) return image(configured);
  const extension = extname(configured).toLowerCase();
  const read = (): Uint8Array => readLogo(readFile, configured);
  switch (extension) {
    case ".svg":
      return svg(new TextDecoder().decode(read()));
    case ".png":
      return image(dataUri("image/png", read()));
    case ".jpg":
    case ".jpeg":
      return image(dataUri("image/jpeg", read()));
    default:
      throw new Error(
        `custom-sign-in-logo: unknown extension: ${JSON.stringify(extension)}, supported extensions are .svg, .jpg, .jpeg and .png`,
      );
  }
}

function readLogo(readFile: (path: string) => Uint8Array, path: string): Uint8Array {
  try {
    return readFile(path);
  } catch (cause) {
    throw new Error(`custom-sign-in-logo: could not read logo file ${path}; it must exist and be readable`, { cause });
  }
}

function svg(markup: string): OperatorLogo {
  return { markup, src: dataUri("image/svg+xml", new TextEncoder().encode(markup)) };
}

/** The address stands in the tag as it was configured, but cannot end it. */
function image(src: string): OperatorLogo {
  return { markup: `<img src="${src.replace(/["<>]/g, encodeURIComponent)}" alt="Logo" />`, src };
}

function dataUri(type: string, bytes: Uint8Array): string {
  return `data:${type};base64,${Buffer.from(bytes).toString("base64")}`;
}
