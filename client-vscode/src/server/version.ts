// Whether extension and server belong together. Knows nothing of VS Code.

export type Match = 'same' | 'close' | 'different';

/**
 * How far two versions agree. "close" means all numbers but the last, within which nothing that both sides rely on
 * changes; what stands behind the numbers (.dev3+g12) does not count.
 */
export function compare(ours: string, theirs: string): Match {
  const [a, b] = [numbers(ours), numbers(theirs)];
  if (b.length < 2 || a.slice(0, -1).join('.') !== b.slice(0, a.length - 1).join('.')) {
    return 'different';
  }
  return a.join('.') === b.join('.') ? 'same' : 'close';
}

/** The version in what `tierwise --version` prints; undefined where it is not the program that it is taken for. */
export function printedVersion(printed: string): string | undefined {
  return /^tierwise (\d\S*)\s*$/m.exec(printed)?.[1];
}

function numbers(version: string): string[] {
  return /^\d+(?:\.\d+)*/.exec(version)?.[0].split('.') ?? [];
}
