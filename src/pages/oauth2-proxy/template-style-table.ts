import { schemes } from "../style-table.ts";

/**
 * A style sheet for custom templates that were made from the original's and refer to its `bulma.min.css` and `all.min.css`: the
 * classes that those templates use, in our own look.
 */
export function templateStyle(accent: string): string {
  return `${schemes(accent)}${RULES}`;
}

const RULES = `
*,*::before,*::after{box-sizing:border-box}
html{font:1rem/1.5 -apple-system,BlinkMacSystemFont,"Segoe UI",Roboto,"Noto Sans",Helvetica,Arial,sans-serif;text-size-adjust:100%}
body{margin:0;background:var(--canvas);color:var(--text)}
h1,h2,h3,p,form{margin:0}
a{color:var(--link)}
hr{border:0;block-size:1px;background:var(--line);margin-block:1.5rem}
img,svg{max-inline-size:100%;block-size:auto}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.section{padding:3rem 1.5rem}
.container{max-inline-size:60rem;margin-inline:auto}
.box{padding:1.25rem;background:var(--surface);color:var(--text);border:1px solid var(--line);border-radius:.75rem}
.block:not(:last-child),.content:not(:last-child),.field:not(:last-child),.box:not(:last-child),.title:not(:last-child),.subtitle:not(:last-child){margin-block-end:1.5rem}
.content p:not(:last-child){margin-block-end:1em}
.title,.subtitle{line-height:1.125;font-weight:600}
.subtitle{font-weight:400}
.is-1{font-size:3rem}.is-2{font-size:2.5rem}.is-3{font-size:2rem}.is-4{font-size:1.5rem}.is-5{font-size:1.25rem}.is-6{font-size:1rem}
.is-size-7{font-size:.75rem}.is-size-6{font-size:1rem}.is-size-5{font-size:1.25rem}
.label{display:block;font-weight:600;margin-block-end:.5em}
.field:not(:last-child){margin-block-end:.75rem}
.input{display:block;inline-size:100%;padding:.5em .75em;font:inherit;color:var(--text);background:var(--surface);border:1px solid var(--control);border-radius:.375rem}
.button{display:inline-flex;align-items:center;justify-content:center;padding:.5em 1em;font:inherit;color:var(--text);background:var(--surface);border:1px solid var(--edge);border-radius:.375rem;text-decoration:none;cursor:pointer}
.button.is-primary,.button.is-link,.button.is-info,.button.is-success{color:var(--on-accent);background:var(--accent);border-color:var(--accent)}
.button.is-danger{color:var(--danger);background:var(--danger-surface);border-color:var(--danger)}
.button.is-fullwidth{display:flex;inline-size:100%}
.is-fullwidth{inline-size:100%}
.notification{padding:1.25rem 1.5rem;background:var(--tint);border-radius:.375rem}
.notification.is-danger{color:var(--danger);background:var(--danger-surface)}
.card{background:var(--surface);border:1px solid var(--line);border-radius:.375rem}
.card-header{display:flex}
.card-header-title{flex:1;display:flex;padding:.75rem 1rem;font-weight:600}
.card-header-icon{display:flex;padding:.75rem 1rem;cursor:pointer}
.card-content{padding:1.5rem}
.is-shadowless{box-shadow:none}
.columns{display:flex;gap:1.5rem}
.column{flex:1 1 0;min-inline-size:0}
@media (max-width:48rem){.columns{display:block}.column+.column{margin-block-start:.75rem}}
.footer{padding:3rem 1.5rem}
.has-background-light{background:var(--canvas)}
.has-text-centered{text-align:center}
.has-text-left{text-align:start}
.has-text-grey{color:var(--muted)}
.is-hidden{display:none}
.fa-angle-down::before{content:"\\2304"}
`;
