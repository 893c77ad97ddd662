// The schema, the operations of the packages, and the types that one operation needs.
import { readdirSync, readFileSync } from 'node:fs';
import { buildSchema, getNamedType, isInputObjectType, isEnumType, Kind, parse, validate } from 'graphql';

const OPERATIONS = new URL('../operations/', import.meta.url);

/** Reads `schema.graphql` and the operations, and refuses an operation that is not valid. */
export function load(schemaFile) {
  const schema = buildSchema(readFileSync(schemaFile, 'utf8'));
  const files = readdirSync(OPERATIONS).filter((name) => name.endsWith('.graphql')).sort();
  const source = files.map((name) => readFileSync(new URL(name, OPERATIONS), 'utf8')).join('\n');
  const document = parse(source, { noLocation: true });
  const problems = validate(schema, document);
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('\n'));
  const { definitions } = document;
  return {
    schema,
    fragments: new Map(definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION).map((node) => [node.name.value, node])),
    operations: definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION),
  };
}

/** The names of the fragments that a selection set uses, directly or through others. */
export function usedFragments(node, fragments, found = new Set()) {
  for (const selection of node.selectionSet?.selections ?? []) {
    if (selection.kind === Kind.FRAGMENT_SPREAD && !found.has(selection.name.value)) {
      found.add(selection.name.value);
      usedFragments(fragments.get(selection.name.value), fragments, found);
    }
    usedFragments(selection, fragments, found);
  }
  return found;
}

/** The input types and enums that variables and results name, in alphabetical order. */
export function namedInputs(schema, operations, enums) {
  const found = new Map([...enums].map((type) => [type.name, type]));
  const visit = (type) => {
    if (found.has(type.name) || !(isInputObjectType(type) || isEnumType(type))) return;
    found.set(type.name, type);
    if (isInputObjectType(type)) Object.values(type.getFields()).forEach((field) => visit(getNamedType(field.type)));
  };
  for (const { variableDefinitions } of operations) {
    for (const { type } of variableDefinitions ?? []) {
      let node = type;
      while (node.type) node = node.type;
      visit(schema.getType(node.name.value));
    }
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name));
}
