// The tables that the server gets, made of single settings. Knows nothing of VS Code.

/** Where a setting is set, and what it comes to. */
export interface Inspected {
  readonly value: unknown;
  readonly globalValue?: unknown;
  readonly workspaceValue?: unknown;
  readonly workspaceFolderValue?: unknown;
}

/**
 * The settings that somebody set, as tables. Defaults stay out: the editor's section is the strongest layer, and a
 * default in it would hide what the user's own files say.
 */
export function section(keys: readonly string[], look: (key: string) => Inspected): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (const key of keys) {
    const found = look(key);
    const set = [found.globalValue, found.workspaceValue, found.workspaceFolderValue].some((value) => value != null);
    if (set && found.value != null) {
      put(made, key.split('.'), found.value);
    }
  }
  return made;
}

function put(table: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key = '', ...rest] = path;
  if (rest.length === 0) {
    table[key] = value;
    return;
  }
  const inner = (table[key] ??= {}) as Record<string, unknown>;
  put(inner, rest, value);
}
