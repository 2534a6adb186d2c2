/** Where in a page a piece of output stands, as far as escaping needs to know. Immutable: each step makes another. */
export interface Context {
  readonly state: State;
  /** What ends the attribute value that we are in. */
  readonly delimiter: Delimiter;
  /** Whose content, or whose tag, we are in. */
  readonly element: Element;
  /** What the attribute's value is. */
  readonly attribute: AttributeKind;
  readonly urlPart: UrlPart;
  /** Does a `/` begin a regular expression, or divide? */
  readonly slash: "expression" | "division";
  /** Of the template literals that we are inside of: open braces of their `${`. The innermost last. */
  readonly braces: readonly number[];
  /** Name of the attribute or the beginning of the value, as far as the text showed it. */
  readonly seen: string;
}

export type State =
  // between tags, and in the two elements whose content is text without tags
  | "text"
  | "plain-content"
  | "comment"
  // inside of a tag
  | "tag"
  | "attribute-name"
  | "after-name"
  | "before-value"
  // values
  | "value"
  | "nested-markup"
  | "url"
  | "url-list"
  | "script"
  | "script-double"
  | "script-single"
  | "script-template"
  | "script-expression"
  | "script-block-comment"
  | "script-line-comment"
  | "style"
  | "style-double"
  | "style-single"
  | "style-double-url"
  | "style-single-url"
  | "style-url"
  | "style-block-comment"
  | "style-line-comment";

export type Delimiter = "none" | "double" | "single" | "space";

export type Element = "other" | "script" | "style" | "textarea" | "title" | "meta";

export type AttributeKind =
  | "plain"
  | "url"
  | "url-list"
  | "script"
  | "style"
  | "markup"
  | "script-type"
  | "meta-content";

/** `start`: what comes may be a scheme. `query`: values are parameters. */
export type UrlPart = "start" | "path" | "query";

export const START: Context = {
  state: "text",
  delimiter: "none",
  element: "other",
  attribute: "plain",
  urlPart: "start",
  slash: "expression",
  braces: [],
  seen: "",
};

const COMMENTS: ReadonlySet<State> = new Set<State>([
  "comment",
  "script-block-comment",
  "script-line-comment",
  "style-block-comment",
  "style-line-comment",
]);

export function isComment(state: State): boolean {
  return COMMENTS.has(state);
}

/** Where the content of an element begins. */
export function contentOf(element: Element): Context {
  switch (element) {
    case "script":
      return { ...START, state: "script", element };
    case "style":
      return { ...START, state: "style", element };
    case "textarea":
    case "title":
      return { ...START, state: "plain-content", element };
    default:
      return START;
  }
}

const VALUE_STATE: Readonly<Record<AttributeKind, State>> = {
  plain: "value",
  "script-type": "value",
  "meta-content": "value",
  markup: "nested-markup",
  url: "url",
  "url-list": "url-list",
  script: "script",
  style: "style",
};

/** The beginning of an attribute's value. */
export function valueOf(context: Context, delimiter: Delimiter): Context {
  const state = VALUE_STATE[context.attribute];
  return { ...context, state, delimiter, urlPart: "start", slash: "expression", braces: [], seen: "" };
}

/** Where a value that is put here stands: it may be the beginning of a name or of an unquoted value itself. */
export function settle(context: Context): Context {
  switch (context.state) {
    case "tag":
      return { ...context, state: "attribute-name", attribute: "plain", seen: "" };
    case "after-name":
      return { ...context, state: "attribute-name", attribute: "plain", seen: "" };
    case "before-value":
      return valueOf(context, "space");
    default:
      return context;
  }
}
