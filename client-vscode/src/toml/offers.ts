// What can be written at a place of a settings file. Knows nothing of VS Code.
import type { Place } from './place';
import { at, keysOf, type Schema } from './schema';

export interface Offer {
  readonly label: string;
  /** What is put in for the word at the cursor; `$0` is where the cursor goes. */
  readonly text: string;
  readonly detail: string;
  readonly description: string;
  readonly isTable: boolean;
}

const KINDS = {
  string: 'string',
  boolean: 'true | false',
  integer: 'whole number',
  number: 'number',
  object: 'table',
  array: 'list',
};

/** `known` are values that the schema leaves open: the profiles, for the setting of that name. */
export function offers(place: Place, known: Readonly<Record<string, readonly string[]>>): Offer[] {
  const schema = at(place.path);
  if (schema === undefined) {
    return [];
  }
  if (place.kind === 'value') {
    const names = schema.enum ?? known[place.path.join('.')] ?? [];
    const words = schema.type === 'boolean' ? ['true', 'false'] : names;
    const quote = schema.type === 'boolean' || place.quoted ? '' : '"';
    return words.map((word) => offer(word, `${quote}${word}${quote}`, schema, false));
  }
  return keysOf(schema).flatMap(([name, inner]) => {
    const isTable = inner.type === 'object';
    if (place.kind === 'header') {
      return isTable ? [offer(name, name, inner, true)] : [];
    }
    return isTable && place.path.length === 0
      ? [offer(`[${name}]`, `[${name}]\n$0`, inner, true)]
      : [offer(name, `${name} = ${start(inner)}`, inner, isTable)];
  });
}

/** How a value begins. */
function start({ type, default: standard }: Schema): string {
  switch (type) {
    case 'string':
      return '"$0"';
    case 'array':
      return '[$0]';
    case 'object':
      return '{ $0 }';
    case 'boolean':
      return standard === true ? 'false$0' : 'true$0'; // what it is not already
    default:
      return '$0';
  }
}

function offer(label: string, text: string, schema: Schema, isTable: boolean): Offer {
  const kind = schema.enum?.join(' | ') ?? KINDS[schema.type ?? 'string'];
  const standard = schema.default === undefined ? '' : `, default ${JSON.stringify(schema.default)}`;
  return { label, text, detail: `${kind}${standard}`, description: schema.description ?? '', isTable };
}
