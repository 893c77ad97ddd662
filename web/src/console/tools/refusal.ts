// Why a grant is refused, with the names of the tools in place of their positions in the input.
import { problemsOf } from '../ui/errors';

/** The error itself, if it is not about single tools. */
export function refusalOf(thrown: unknown, tools: readonly string[]): unknown {
  const names = new Map<string, string[]>();
  for (const { path, message } of problemsOf(thrown)) {
    const name = tools[Number(/^input\.tools\[(\d+)\]$/.exec(path)?.[1])];
    if (name === undefined) return thrown;
    names.set(message, [...(names.get(message) ?? []), name]);
  }
  if (names.size === 0) return thrown;
  return new Error([...names].map(([message, of]) => `${message} (${of.join(', ')})`).join('; '));
}
