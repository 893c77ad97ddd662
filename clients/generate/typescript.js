// Writes the operations and their types for TypeScript.
import { isEnumType, isListType, isNonNullType, print, typeFromAST } from 'graphql';

import { namedInputs, usedFragments } from './schema.js';
import { shapeOf } from './shape.js';

const SCALARS = { ID: 'string', String: 'string', DateTime: 'string', Int: 'number', Float: 'number', BigInt: 'number', Boolean: 'boolean' };
const HEADER = `// Made from schema.graphql by \`npm run generate\`; a test compares it. Do not edit.

/** An operation with the types of its result and its variables. */
export interface Operation<Data, Variables> {
  readonly name: string;
  readonly query: string;
  /** Only for the compiler. */
  readonly types?: (variables: Variables) => Data;
}
`;

export function typescript({ schema, fragments, operations }) {
  const context = { schema, fragments, enums: new Set() };
  const shapes = [];
  for (const [name, node] of fragments) {
    const shape = shapeOf(node.selectionSet, schema.getType(node.typeCondition.name.value), context);
    shapes.push(`export type ${name} = ${written(shape, '')};`);
  }
  for (const node of operations) {
    const name = node.name.value;
    const root = schema.getRootType(node.operation);
    const [variant] = shapeOf(node.selectionSet, root, context);
    const variables = (node.variableDefinitions ?? []).map(({ variable, type, defaultValue }) =>
      argument(variable.name.value, typeFromAST(schema, type), defaultValue !== undefined, '  '),
    );
    const text = [node, ...[...usedFragments(node, fragments)].map((used) => fragments.get(used))].map(print).join('\n');
    shapes.push(
      `export type ${name}Data = ${written([variant], '')};`,
      `export type ${name}Variables = {\n${variables.join('')}};`,
      `export const ${name}: Operation<${name}Data, ${name}Variables> = {\n  name: '${name}',\n  query: \`${text}\`,\n};`,
    );
  }
  const inputs = namedInputs(schema, operations, context.enums).map((type) => {
    if (isEnumType(type)) return `export type ${type.name} = ${type.getValues().map(({ name }) => `'${name}'`).join(' | ')};`;
    const fields = Object.values(type.getFields()).map((field) => argument(field.name, field.type, field.defaultValue !== undefined, '  '));
    return `export type ${type.name} = {\n${fields.join('')}};`;
  });
  return `${[HEADER, ...inputs, ...shapes].join('\n')}\n`;
}

function argument(name, type, hasDefault, indent) {
  const optional = hasDefault || !isNonNullType(type) ? '?' : '';
  return `${indent}${name}${optional}: ${wrapped(type, (named) => named.name in SCALARS ? SCALARS[named.name] : named.name === 'JSON' ? 'unknown' : named.name)};\n`;
}

function written(shape, indent) {
  return shape.map((variant) => object(variant, indent)).join(' | ');
}

function object({ types, fields }, indent) {
  const lines = [...fields].map(([name, field]) => {
    if (field.typename) return `${indent}  ${name}: ${types.map((type) => `'${type}'`).join(' | ')};\n`;
    const inner = field.fragment ? () => field.fragment : field.shape ? () => written(field.shape, `${indent}  `) : undefined;
    return `${indent}  ${name}: ${wrapped(field.type, inner ?? scalar)};\n`;
  });
  return `{\n${lines.join('')}${indent}}`;
}

function scalar(type) {
  if (isEnumType(type)) return type.name;
  return SCALARS[type.name] ?? 'unknown';
}

function wrapped(type, inner, nullable = true) {
  if (isNonNullType(type)) return wrapped(type.ofType, inner, false);
  const text = isListType(type) ? `readonly (${wrapped(type.ofType, inner)})[]` : inner(type);
  return nullable ? `${text} | null` : text;
}
