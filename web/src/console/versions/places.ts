// What a problem with another version is about, and whether a form of the settings has a field for it.
import { asSettings, kindOf, type Schema } from '../agents/schema';

export type Place = 'settings' | 'tier' | 'tools' | 'skills' | 'context' | 'workflow' | 'dependents' | 'other';

export interface VersionProblem {
  readonly path: string;
  readonly message: string;
  readonly blocking: boolean;
}

const PLACES: Readonly<Record<string, Place>> = {
  configuration: 'settings',
  tier: 'tier',
  tools: 'tools',
  skills: 'skills',
  context: 'context',
  workflow: 'workflow',
  dependents: 'dependents',
};

/** The place of a path, and the rest of the path: `skills` and `returns` of `skills.returns`. */
export function placeOf(path: string): { place: Place; rest: string } {
  const [first = '', ...rest] = path.split('.');
  return { place: PLACES[first] ?? 'other', rest: rest.join('.') };
}

/** The problems by place, those that refuse the version first. */
export function byPlace(problems: readonly VersionProblem[]): ReadonlyMap<Place, readonly VersionProblem[]> {
  const sorted = [...problems].sort((one, other) => Number(other.blocking) - Number(one.blocking));
  const places = new Map<Place, VersionProblem[]>();
  for (const problem of sorted) {
    const { place } = placeOf(problem.path);
    places.set(place, [...(places.get(place) ?? []), problem]);
  }
  return places;
}

/** The names of the settings that problems are about: the first part of each path. */
export function affected(problems: readonly VersionProblem[]): readonly string[] {
  const names = problems.map(({ path }) => /^[^.[\]]+/.exec(placeOf(path).rest)?.[0] ?? '');
  return [...new Set(names.filter(Boolean))];
}

/** The schema of these settings, by the wanted version, or by the present one for a setting that is gone. */
export function schemaOf(names: readonly string[], wanted: Schema, present: Schema): Schema {
  const parts = names.flatMap((name): [string, Schema][] => {
    const part = wanted.properties?.[name] ?? present.properties?.[name];
    return part ? [[name, part]] : [];
  });
  return { type: 'object', properties: Object.fromEntries(parts), required: (wanted.required ?? []).filter((name) => names.includes(name)) };
}

/** Whether a form of this schema with these values has a field of exactly this path. */
export function hasField(schema: Schema, value: unknown, path: string): boolean {
  let [part, held]: [Schema | undefined, unknown] = [schema, value];
  for (const step of path.match(/[^.[\]]+|\[\d+\]/g) ?? []) {
    if (!part) return false;
    if (step.startsWith('[')) {
      const items: readonly unknown[] = Array.isArray(held) ? held : [];
      const at = Number(step.slice(1, -1));
      if (kindOf(part) !== 'list' || at >= items.length) return false;
      [part, held] = [part.items, items[at]];
    } else {
      if (kindOf(part) !== 'group') return false;
      [part, held] = [part.properties?.[step], asSettings(held)[step]];
    }
  }
  return part !== undefined;
}
