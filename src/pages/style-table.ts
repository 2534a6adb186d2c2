import { darkPalette, lightPalette, type Palette } from "./palette.ts";

/**
 * The style sheet of every page.
 *
 * @param accent the one colour, `#rrggbb`.
 */
export function styleSheet(accent: string): string {
  return `${schemes(accent)}${BASE}${LAYOUT}${CONTROLS}${PARTS}`;
}

/** The tokens in both schemes, for a page with styles of its own. */
export function schemes(accent: string): string {
  const dark = declarations(darkPalette(accent));
  return `html{color-scheme:light dark;${declarations(lightPalette(accent))}}
@media (prefers-color-scheme:dark){html{${dark}}}
`;
}

function declarations(palette: Palette): string {
  return Object.entries(palette)
    .map(([name, colour]) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}:${colour}`)
    .join(";");
}

/** What each page begins with, the sample application's too. */
export const BASE = `
*,*::before,*::after{box-sizing:border-box}
html{font:1rem/1.5 -apple-system,BlinkMacSystemFont,"Segoe UI",Roboto,"Noto Sans",Helvetica,Arial,sans-serif;-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;min-block-size:100vh;min-block-size:100dvh;background:var(--canvas);color:var(--text);-webkit-font-smoothing:antialiased}
h1,h2,p,ul,dl,dd,form{margin:0;padding:0}
p{text-wrap:pretty}
a{color:var(--link);text-underline-offset:.2em}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.875em}
`;

const LAYOUT = `
body{display:flex;flex-direction:column;padding-inline:1rem}
.brand{display:flex;align-items:center;justify-content:center;gap:.625rem;padding-block:clamp(1.5rem,9vh,5.5rem) 1.5rem;font-weight:600;font-size:1.0625rem;letter-spacing:-.01em;overflow-wrap:anywhere}
.brand a{display:inherit;align-items:inherit;gap:inherit;color:inherit;text-decoration:none;border-radius:.5rem}
.brand img{block-size:2rem;inline-size:auto;max-inline-size:12rem;display:block}
main{inline-size:100%;max-inline-size:25rem;margin-inline:auto;padding:2rem;background:var(--surface);border:1px solid var(--line);border-radius:1rem;box-shadow:0 1px 2px rgb(0 0 0/.04),0 12px 32px -16px rgb(0 0 0/.12);overflow-wrap:anywhere}
main.wide{max-inline-size:29rem}
footer{margin-block:1.5rem;text-align:center;color:var(--muted);font-size:.8125rem;overflow-wrap:anywhere}
@media (max-width:30rem){
  body{padding-inline:.75rem}
  .brand{padding-block:1.75rem 1.25rem}
  main{padding:1.5rem 1.25rem}
}
@media (max-height:40rem){.brand{padding-block:1.25rem 1rem}}
h1{font-size:1.5rem;line-height:1.25;font-weight:650;letter-spacing:-.02em;text-wrap:balance}
h1+.lead{margin-block-start:.375rem}
.lead{color:var(--muted)}
.lead b{color:var(--text);font-weight:600}
.note{color:var(--muted);font-size:.875rem}
`;

const CONTROLS = `
form,.actions{display:block;margin-block-start:1.5rem}
.field{margin-block-start:1rem}
label{display:block;margin-block-end:.375rem;font-size:.875rem;font-weight:550}
input,textarea{display:block;inline-size:100%;min-block-size:2.75rem;padding:.5rem .75rem;font:inherit;color:var(--text);background:var(--surface);border:1px solid var(--control);border-radius:.625rem}
textarea{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.875rem;word-break:break-all;resize:none;field-sizing:content}
:is(input,textarea):focus-visible{outline-offset:0;border-color:var(--link)}
input[aria-invalid]:not(:focus-visible){border-color:var(--danger)}
.button{display:flex;align-items:center;justify-content:center;inline-size:100%;min-block-size:2.75rem;padding:.5rem 1rem;font:inherit;font-weight:600;text-align:center;text-decoration:none;color:var(--text);background:var(--surface);border:1px solid var(--edge);border-radius:.625rem;cursor:pointer}
.button:hover{background:var(--tint)}
.button.primary{color:var(--on-accent);background:var(--accent);border-color:var(--accent)}
.button.primary:hover{box-shadow:inset 0 0 0 9rem rgb(0 0 0/.08)}
.field+.button,.alert+.button{margin-block-start:1.25rem}
.actions>*+*{margin-block-start:.75rem}
.actions form{margin-block-start:0}
.actions form+form{margin-block-start:.75rem}
.back{margin-block-start:1.25rem;text-align:center;font-size:.875rem}
@media (forced-colors:active){.button,main{border-color:CanvasText}}
`;

const PARTS = `
.alert{margin-block-start:1rem;padding:.75rem .875rem;border-radius:.625rem;border:1px solid var(--danger);background:var(--danger-surface);color:var(--danger);font-size:.875rem}
.choices{list-style:none;margin-block-start:1.5rem}
.choices li+li{margin-block-start:.625rem}
.choice{display:flex;align-items:center;gap:.75rem;min-block-size:3.25rem;padding:.5rem .75rem;color:var(--text);background:var(--surface);border:1px solid var(--edge);border-radius:.75rem;text-decoration:none;font-weight:550}
a.choice:hover{background:var(--tint)}
.choice .tile{flex:none;display:grid;place-items:center;inline-size:2rem;block-size:2rem;border-radius:.5rem;background:var(--tint);color:var(--text);font-size:.9375rem;font-weight:650}
a.choice:hover .tile{background:var(--surface)}
.choice .words{flex:1;min-inline-size:0;display:flex;flex-wrap:wrap;align-items:center;justify-content:space-between;column-gap:.75rem}
.choice small{flex-basis:100%;color:var(--muted);font-size:.8125rem;font-weight:400}
.choice .badge{flex:none;padding:.0625rem .5rem;border-radius:1rem;background:var(--tint);color:var(--text);font-size:.75rem;font-weight:550}
.choice.off{border-style:dashed;border-color:var(--line);color:var(--muted);background:none}
.choice.off .tile{color:var(--muted)}
.divider{display:flex;align-items:center;gap:.75rem;margin-block-start:1.5rem;color:var(--muted);font-size:.8125rem}
.divider::before,.divider::after{content:"";flex:1;block-size:1px;background:var(--line)}
.client{display:block;inline-size:3.5rem;block-size:3.5rem;object-fit:contain;border-radius:.75rem;margin-block-end:1rem}
.scopes{list-style:none;margin-block-start:.625rem;border-block-start:1px solid var(--line)}
.scopes li{padding-block:.625rem;border-block-end:1px solid var(--line)}
.asks{margin-block-start:1.5rem;font-size:.875rem;font-weight:600}
.why{margin-block-start:.75rem}
.what{margin-block-start:.75rem;color:var(--muted)}
.facts{margin-block-start:1.5rem;padding-block-start:1rem;border-block-start:1px solid var(--line);font-size:.8125rem;color:var(--muted)}
.facts div+div{margin-block-start:.5rem}
.facts dt{font-weight:550}
.original form:first-child{margin-block-start:0}
.original .password{display:flex;flex-direction:column;margin-block-start:1.5rem;padding-block-start:1.5rem;border-block-start:1px solid var(--line)}
.original .password .field:first-of-type{margin-block-start:0}
.original .alert{order:-1;margin-block:0 1.25rem}
.original form+.alert{margin-block:1rem 0}
.banner:not(:empty){margin-block-end:1.25rem;text-align:center}
.banner img,footer img{max-inline-size:100%}
.brand:empty{padding-block:clamp(1rem,7vh,4rem) 0}
.status{color:var(--muted);font-weight:600;font-variant-numeric:tabular-nums}
.more{margin-block-start:1.25rem}
.more summary{font-size:.875rem;font-weight:550;color:var(--muted);cursor:pointer}
.more p{margin-block-start:.5rem}
.more p+p{font-size:.8125rem;color:var(--muted)}
`;
