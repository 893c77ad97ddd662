// Starts a trial. One that runs is ended only for another that the server would take, and what fails then is said above the page.
import { useState } from 'react';

import { useMoreStrings } from '../strings/more';
import { useAction } from '../ui/action';
import { EndCanaryDocument, StartCanaryDocument, type StartCanaryInput, UpgradeAgentDocument } from './operations.generated';
import type { VersionProblem } from './places';

const CHANGES = { changes: ['Agent'] };

export interface Start {
  readonly isPending: boolean;
  readonly error: Error | null;
  /** Why the version cannot answer for this agent; the trial that runs goes on. */
  readonly blocking: readonly VersionProblem[];
  run(input: StartCanaryInput): Promise<boolean>;
}

export function useStart(isRunning: boolean): Start {
  const t = useMoreStrings();
  const look = useAction(UpgradeAgentDocument, CHANGES);
  const end = useAction(EndCanaryDocument, CHANGES);
  // the form is gone when the trial that ran has ended
  const start = useAction(StartCanaryDocument, { ...CHANGES, done: t.trial.started, isQuiet: !isRunning });
  const [isPending, setIsPending] = useState(false);
  const [blocking, setBlocking] = useState<readonly VersionProblem[]>([]);

  const makeRoom = async ({ agentId, version }: StartCanaryInput) => {
    const seen = await look.run({ input: { id: agentId, version, dryRun: true } });
    if (!seen) return false;
    const found = seen.upgradeAgent.problems.filter((problem) => problem.blocking);
    setBlocking(found);
    return found.length === 0 && (await end.run({ input: { agentId, promote: false } })) !== null;
  };
  const run = async (input: StartCanaryInput) => {
    setIsPending(true);
    setBlocking([]);
    const isStarted = (!isRunning || (await makeRoom(input))) && (await start.run({ input })) !== null;
    setIsPending(false);
    return isStarted;
  };
  return { isPending, error: start.error, blocking, run };
}
