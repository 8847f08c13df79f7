// What is wrong with a settings file: its TOML, and what it says where. Knows nothing of VS Code.
import { parseTOML, type AST } from 'toml-eslint-parser';
import { at, keysOf, resolved, ROOT, type Schema } from './schema';

/** A problem, and where: offsets in the text. */
export interface Problem {
  readonly from: number;
  readonly to: number;
  readonly message: string;
}

type Value = AST.TOMLContentNode;

/** All problems of a text; where it is no TOML, the first one. */
export function problems(text: string): Problem[] {
  let program: AST.TOMLProgram;
  try {
    program = parseTOML(text, { tomlVersion: '1.0.0' });
  } catch (error) {
    return [syntax(text, error as Error & { index?: number })];
  }
  const found: Problem[] = [];
  for (const node of program.body[0].body) {
    if (node.type === 'TOMLKeyValue') {
      keyValue(ROOT, node, found);
    } else {
      const table = walk(ROOT, node.key.keys, found);
      if (table !== undefined) {
        const inside = node.kind === 'array' ? at([0], table) : table;
        const wrong = inside === undefined || (inside.type ?? 'object') !== 'object';
        if (wrong) {
          found.push(problem(node.key, `${nameOf(node.key.keys)} is ${kindOf(table)}, no table.`));
        } else {
          node.body.forEach((each) => keyValue(inside, each, found));
        }
      }
    }
  }
  return found;
}

function keyValue(table: Schema, { key, value }: AST.TOMLKeyValue, found: Problem[]): void {
  const schema = walk(table, key.keys, found);
  if (schema !== undefined) {
    check(schema, value, found);
  }
}

/** The schema that keys lead to; undefined, with a problem, where they lead nowhere. */
function walk(from: Schema, keys: readonly (AST.TOMLBare | AST.TOMLQuoted)[], found: Problem[]): Schema | undefined {
  let schema = from;
  for (const key of keys) {
    const name = textOf(key);
    const names = schema.propertyNames && resolved(schema.propertyNames).enum;
    const next = names !== undefined && !names.includes(name) ? undefined : at([name], schema);
    if (next === undefined) {
      const known = keysOf(schema).map(([each]) => each);
      const close = known.find((each) => near(each, name));
      const help =
        close !== undefined ? `did you mean "${close}"?` : known.length > 0 ? `known: ${known.join(', ')}` : '';
      found.push(problem(key, `There is no setting "${name}" here${help === '' ? '.' : `; ${help}`}`));
      return undefined;
    }
    schema = next;
  }
  return schema;
}

function check(schema: Schema, value: Value, found: Problem[]): void {
  if (value.type === 'TOMLInlineTable') {
    if (expects(schema, 'object', value, found)) {
      value.body.forEach((each) => keyValue(schema, each, found));
    }
  } else if (value.type === 'TOMLArray') {
    if (expects(schema, 'array', value, found)) {
      value.elements.forEach((each) => check(resolved(schema.items ?? {}), each, found));
    }
  } else {
    const wrong = scalar(schema, value);
    if (wrong !== undefined) {
      found.push(problem(value, wrong));
    }
  }
}

function expects(schema: Schema, type: 'object' | 'array', value: Value, found: Problem[]): boolean {
  const fits = schema.type === undefined || schema.type === type;
  if (!fits) {
    found.push(problem(value, `This must be ${kindOf(schema)}.`));
  }
  return fits;
}

function scalar(schema: Schema, value: AST.TOMLValue): string | undefined {
  const fits = { string: 'string', boolean: 'boolean', integer: 'integer', float: 'number' }[value.kind as string];
  const whole = fits === 'integer' && schema.type === 'number';
  if (schema.type !== undefined && schema.type !== fits && !whole) {
    return `This must be ${kindOf(schema)}.`;
  }
  if (typeof value.value === 'string') {
    if (schema.enum !== undefined && !schema.enum.includes(value.value)) {
      return `This must be one of ${schema.enum.map((word) => `"${word}"`).join(', ')}.`;
    }
    return value.value.length < (schema.minLength ?? 0) ? 'This must not be empty.' : undefined;
  }
  return typeof value.value === 'number' ? outOfRange(schema, value.value) : undefined;
}

function outOfRange({ minimum, maximum, exclusiveMinimum }: Schema, value: number): string | undefined {
  if (minimum !== undefined && value < minimum) {
    return `This must be ${minimum} or more.`;
  }
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum) {
    return `This must be more than ${exclusiveMinimum}.`;
  }
  return maximum !== undefined && value > maximum ? `This must be ${maximum} or less.` : undefined;
}

function kindOf({ type, enum: words }: Schema): string {
  const kinds = {
    string: words === undefined ? 'a string' : `one of ${words.map((word) => `"${word}"`).join(', ')}`,
    boolean: 'true or false',
    integer: 'a whole number',
    number: 'a number',
    object: 'a table',
    array: 'a list',
  };
  return type === undefined ? 'something else' : kinds[type];
}

function syntax(text: string, error: Error & { index?: number }): Problem {
  const index = Math.min(error.index ?? 0, text.length);
  const line = text.lastIndexOf('\n', Math.max(0, index - 1)) + 1;
  const end = text.indexOf('\n', index);
  return {
    from: Math.min(line, index),
    to: end === -1 ? text.length : Math.max(end, index),
    message: `${error.message}.`,
  };
}

function problem({ range: [from, to] }: AST.TOMLNode, message: string): Problem {
  return { from, to, message };
}

function nameOf(keys: readonly (AST.TOMLBare | AST.TOMLQuoted)[]): string {
  return `"${keys.map(textOf).join('.')}"`;
}

function textOf(key: AST.TOMLBare | AST.TOMLQuoted): string {
  return key.type === 'TOMLBare' ? key.name : key.value;
}

/** Whether one word is probably the other, mistyped: the same but for a letter added, lost, or changed. */
function near(a: string, b: string): boolean {
  let head = 0;
  while (head < Math.min(a.length, b.length) && a[head] === b[head]) {
    head++;
  }
  let tail = 0;
  while (tail < Math.min(a.length, b.length) - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) {
    tail++;
  }
  return Math.max(a.length, b.length) - head - tail <= 1 || a.replaceAll('_', '') === b.replaceAll(/[-_]/g, '');
}
