// The fields of a form whose text is no value: a form with one of these is not sent, because it would send the value before.
import { useCallback, useState } from 'react';

export type Report = (path: string, isInvalid: boolean) => void;

export interface Invalid {
  readonly isAny: boolean;
  readonly report: Report;
  /** The key of the fields: with another one they begin again, without what was typed. */
  readonly round: number;
  restart(): void;
}

export function useInvalid(): Invalid {
  const [paths, setPaths] = useState<ReadonlySet<string>>(new Set());
  const [round, setRound] = useState(0);
  const report = useCallback<Report>(
    (path, isInvalid) => setPaths((known) => new Set([...known].filter((other) => other !== path).concat(isInvalid ? [path] : []))),
    [],
  );
  const restart = useCallback(() => setRound((known) => known + 1), []);
  return { isAny: paths.size > 0, report, round, restart };
}
