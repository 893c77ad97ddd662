// Writes the operations and their types for Python: a TypedDict for each object, so that results stay what `json` reads.
import { isEnumType, isListType, isNonNullType, print, typeFromAST } from 'graphql';

import { namedInputs, usedFragments } from './schema.js';
import { shapeOf } from './shape.js';

const SCALARS = { ID: 'str', String: 'str', DateTime: 'str', Int: 'int', Float: 'float', BigInt: 'int', Boolean: 'bool' };
const HEADER = `"""Made from schema.graphql by \`npm run generate\`; a test compares it. Do not edit."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict
`;

export function python({ schema, fragments, operations }) {
  const context = { schema, fragments, enums: new Set() };
  const written = new Writer();
  for (const [name, node] of fragments) {
    written.shape(name, shapeOf(node.selectionSet, schema.getType(node.typeCondition.name.value), context));
  }
  const texts = operations.map((node) => {
    const name = node.name.value;
    written.shape(`${name}Data`, shapeOf(node.selectionSet, schema.getRootType(node.operation), context));
    const variables = (node.variableDefinitions ?? []).map(({ variable, type, defaultValue }) =>
      argument(variable.name.value, typeFromAST(schema, type), defaultValue !== undefined),
    );
    written.record(`${name}Variables`, variables);
    const text = [node, ...[...usedFragments(node, fragments)].map((used) => fragments.get(used))].map(print).join('\n');
    return `${constant(name)} = """\\\n${text}\n"""`;
  });
  const inputs = new Writer();
  for (const type of namedInputs(schema, operations, context.enums)) {
    if (isEnumType(type)) inputs.alias(type.name, `Literal[${type.getValues().map(({ name }) => `"${name}"`).join(', ')}]`);
    else {
      const fields = Object.values(type.getFields());
      inputs.record(type.name, fields.map((field) => argument(field.name, field.type, field.defaultValue !== undefined)));
    }
  }
  return `${[HEADER, ...inputs.texts, ...written.texts, ...texts].join('\n\n')}\n`;
}

class Writer {
  texts = [];

  /** Writes the types of a shape; several variants become a union of types that the literal of `__typename` tells apart. */
  shape(name, shape) {
    const names = shape.map((variant) => this.#object(shape.length > 1 ? `${name}${variant.types[0]}` : name, variant));
    if (names.length > 1) this.alias(name, names.join(' | '));
    return name;
  }

  #object(name, { types, fields }) {
    const lines = [...fields].map(([key, field]) => {
      if (field.typename) return `${key}: Literal[${types.map((type) => `"${type}"`).join(', ')}]`;
      const inner = field.fragment ?? (field.shape && this.shape(`${name}${key[0].toUpperCase()}${key.slice(1)}`, field.shape));
      return `${key}: ${wrapped(field.type, inner ? () => inner : scalar)}`;
    });
    this.record(name, lines);
    return name;
  }

  record(name, lines) {
    this.texts.push(`class ${name}(TypedDict):\n${lines.map((line) => `    ${line}\n`).join('') || '    pass\n'}`);
  }

  alias(name, type) {
    this.texts.push(`${name}: TypeAlias = ${type.includes(' | ') ? `"${type}"` : type}\n`);
  }
}

function argument(name, type, hasDefault) {
  const text = wrapped(type, (named) => SCALARS[named.name] ?? (named.name === 'JSON' ? 'Any' : named.name));
  return `${name}: ${hasDefault || !isNonNullType(type) ? `NotRequired[${text}]` : text}`;
}

function scalar(type) {
  return isEnumType(type) ? type.name : (SCALARS[type.name] ?? 'Any');
}

function constant(name) {
  return name.replace(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

function wrapped(type, inner, nullable = true) {
  if (isNonNullType(type)) return wrapped(type.ofType, inner, false);
  const text = isListType(type) ? `list[${wrapped(type.ofType, inner)}]` : inner(type);
  return nullable ? `${text} | None` : text;
}
