// The schema of the settings files, as a tree to walk by keys. Knows nothing of VS Code.
import whole from '../../schemas/tierwise.schema.json';

/** What of JSON schema the settings' models make. */
export interface Schema {
  readonly type?: 'string' | 'boolean' | 'integer' | 'number' | 'object' | 'array';
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly $ref?: string;
}

const definitions = whole.$defs as Readonly<Record<string, Schema>>;

export const ROOT: Schema = whole as unknown as Schema;

/** A schema without its reference; what stands beside the reference counts. */
export function resolved(schema: Schema): Schema {
  const name = schema.$ref?.split('/').at(-1);
  const target = name === undefined ? undefined : definitions[name];
  return target === undefined ? schema : { ...resolved(target), ...schema };
}

/** What may stand at a path of keys; undefined where nothing may. A number in it is a place in an array. */
export function at(path: readonly (string | number)[], from: Schema = ROOT): Schema | undefined {
  let schema: Schema | undefined = resolved(from);
  for (const key of path) {
    schema = schema && inner(schema, key);
  }
  return schema;
}

/** The keys that a table may hold by name, with what they mean. */
export function keysOf(table: Schema): [string, Schema][] {
  const named = Object.entries(table.properties ?? {}).map(([key, schema]): [string, Schema] => [
    key,
    resolved(schema),
  ]);
  const more = typeof table.additionalProperties === 'object' ? resolved(table.additionalProperties) : {};
  const names = table.propertyNames === undefined ? [] : (resolved(table.propertyNames).enum ?? []);
  return [...named, ...names.map((name): [string, Schema] => [name, more])];
}

function inner(schema: Schema, key: string | number): Schema | undefined {
  if (typeof key === 'number') {
    return schema.type === 'array' ? resolved(schema.items ?? {}) : undefined;
  }
  const property = schema.properties?.[key];
  if (property !== undefined) {
    return resolved(property);
  }
  const { additionalProperties } = schema;
  return typeof additionalProperties === 'object' ? resolved(additionalProperties) : undefined;
}
