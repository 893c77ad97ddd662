// The problems of an input, sorted to the fields of the form that sent it.
import { problemsOf } from '../ui/errors';

export interface FormProblems {
  /** By the path in the settings. */
  readonly settings: ReadonlyMap<string, string>;
  /** By the name of the field of the input. */
  readonly input: ReadonlyMap<string, string>;
  readonly isAny: boolean;
}

const SETTINGS = 'input.configuration.';

export function formProblems(error: unknown): FormProblems {
  const settings = new Map<string, string>();
  const input = new Map<string, string>();
  // one field may have several
  const add = (problems: Map<string, string>, path: string, message: string) => problems.set(path, [problems.get(path), message].filter(Boolean).join('; '));
  for (const { path, message } of error ? problemsOf(error) : []) {
    if (path.startsWith(SETTINGS)) add(settings, path.slice(SETTINGS.length), message);
    else add(input, path.replace(/^input\./, ''), message);
  }
  return { settings, input, isAny: settings.size + input.size > 0 };
}

/** The first field with a problem, where the person goes on. */
export function focusFirstProblem(): void {
  requestAnimationFrame(() => {
    const field = document.querySelector<HTMLElement>('[aria-invalid="true"], [data-invalid] button, [data-invalid] input, [data-invalid] textarea');
    field?.focus();
    field?.scrollIntoView({ block: 'center' });
  });
}
