// The problem of each field of a form: what the server said, or that a number is needed.
import { formProblems } from '../agents/problems';
import { useStrings } from '../strings';
import { sentence } from './errors';

export interface FieldProblems {
  /** Of the field of the input with this name. */
  of(name: string): string | undefined;
  /** What belongs to none of these fields, as text. */
  besides(names: readonly string[]): string | null;
  readonly isAny: boolean;
}

/** `wrong` are the fields that hold no number. */
export function useFieldProblems(error: Error | null, wrong: readonly string[] = []): FieldProblems {
  const t = useStrings();
  const { input, settings, isAny } = formProblems(error);
  const all = new Map([...input, ...[...settings].map(([path, text]): [string, string] => [`configuration.${path}`, text])]);
  return {
    of: (name) => {
      if (wrong.includes(name)) return t.schemaForm.notNumber;
      const text = all.get(name);
      return text === undefined ? undefined : sentence(text);
    },
    besides: (names) => {
      const others = [...all].filter(([path]) => !names.includes(path));
      return others.length > 0 ? others.map(([path, text]) => sentence(`${path}: ${text}`)).join(' ') : null;
    },
    isAny,
  };
}
