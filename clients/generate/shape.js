// The shape of a selection: for each type that the server may answer with, the fields that are selected.
import { getNamedType, isAbstractType, isCompositeType, isEnumType, Kind, print } from 'graphql';

/**
 * A list of variants `{types, fields}`: the names of the object types that share these fields, and the fields by their
 * response name: `{type, shape}`, with the shape of the field's own selection.
 */
export function shapeOf(selectionSet, parent, context) {
  const types = isAbstractType(parent) ? [...context.schema.getPossibleTypes(parent)] : [parent];
  const variants = new Map();
  for (const type of types) {
    const selected = new Map();
    collect(selectionSet, type, selected, context);
    const fields = new Map();
    for (const [name, nodes] of selected) fields.set(name, field(name, nodes, type, context));
    const key = [...selected].map(([name, nodes]) => `${name}=${nodes.map(print)}`).join();
    const known = variants.get(key);
    if (known) known.types.push(type.name);
    else variants.set(key, { types: [type.name], fields });
  }
  return [...variants.values()];
}

function field(name, nodes, parent, context) {
  const [{ name: { value } }] = nodes;
  if (value === '__typename') return { typename: true };
  const { type, description } = parent.getFields()[value];
  const named = getNamedType(type);
  if (isEnumType(named)) context.enums.add(named);
  if (!isCompositeType(named)) return { type, description };
  const selections = nodes.flatMap((node) => node.selectionSet.selections);
  const [only] = selections;
  if (selections.length === 1 && only.kind === Kind.FRAGMENT_SPREAD) return { type, description, fragment: only.name.value };
  return { type, description, shape: shapeOf({ selections }, named, context) };
}

function collect({ selections }, type, selected, context) {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) {
      const name = (selection.alias ?? selection.name).value;
      selected.set(name, [...(selected.get(name) ?? []), selection]);
      continue;
    }
    const node = selection.kind === Kind.FRAGMENT_SPREAD ? context.fragments.get(selection.name.value) : selection;
    const condition = node.typeCondition && context.schema.getType(node.typeCondition.name.value);
    const applies = !condition || condition === type || (isAbstractType(condition) && context.schema.isSubType(condition, type));
    if (applies) collect(node.selectionSet, type, selected, context);
  }
}
