/**
 * Replace `$NAME` and `${NAME}` by the variables' values, as Go's `os.ExpandEnv` does: an unset one is empty, nothing
 * can be escaped, `$1` and `$$` are names too, a malformed `${` disappears.
 *
 * @param onUnset called for each name that no variable has. It may be part of a secret with a `$` in it.
 */
export function expandEnv(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
  onUnset: () => void = () => undefined,
): string {
  return text.replaceAll(REFERENCE, (whole: string, braced?: string, special?: string, name?: string) => {
    if (whole === "$") return whole;
    const variable = braced ?? special ?? name ?? "";
    if (Object.hasOwn(env, variable)) return env[variable] ?? "";
    onUnset();
    return "";
  });
}

/** `${…}`, an unclosed `${`, one special character, a name, or a `$` before anything else. */
const REFERENCE = /\$(?:\{([^}]*)\}|\{|([*#$@!?\-0-9])|([A-Za-z_][A-Za-z0-9_]*)|)/g;
