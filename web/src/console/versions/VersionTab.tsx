// The version of an agent: what another one would change, the move to it, and a trial of it.
import { useCallback, useEffect, useState } from 'react';
import { useClient, useQuery } from 'urql';

import type { AgentDetailsFragment } from '../agents/operations.generated';
import { useMoreStrings } from '../strings/more';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import { errorOf } from '../ui/errors';
import { Select } from '../ui/Fields';
import { Loaded } from '../ui/Loaded';
import { Confirm } from '../ui/Overlays';
import { Card } from '../ui/Page';
import { usePolling } from '../ui/polling';
import { Badge, ErrorNote, Note, Skeleton } from '../ui/Status';
import { AgentTrialDocument, AgentVersionsDocument, type AgentVersionsQuery, UpgradeAgentDocument } from './operations.generated';
import type { VersionProblem } from './places';
import { Problems } from './Problems';
import { Trial } from './Trial';

/** The figures of a trial have no subscription. */
const AGAIN_MS = 3_000;

export type Versioned = NonNullable<AgentVersionsQuery['agent']>;

export default function VersionTab({ agent }: { readonly agent: AgentDetailsFragment }) {
  const { id } = agent;
  const [result, execute] = useQuery({ query: AgentVersionsDocument, variables: { id } });
  const [tried, readTrial] = useQuery({ query: AgentTrialDocument, variables: { id } });
  const trial = tried.data?.agent?.canary ?? null;
  usePolling(() => readTrial({ requestPolicy: 'network-only' }), trial?.state === 'RUNNING' ? AGAIN_MS : null);
  return (
    <Loaded result={result} onRetry={() => execute({ requestPolicy: 'network-only' })}>
      {({ agent: versioned }) =>
        versioned && (
          <div className="stack">
            <Version agent={versioned} isTried={trial?.state === 'RUNNING'} />
            {tried.error ? <ErrorNote error={tried.error} /> : <Trial agent={versioned} trial={trial} />}
          </div>
        )
      }
    </Loaded>
  );
}

/** The other versions that an agent can have, the newest first. */
export function othersOf({ template }: Versioned) {
  return template.versions.filter(({ id, deprecatedAt }) => id !== template.id && deprecatedAt === null);
}

export function useVersionOptions(agent: Versioned) {
  const t = useMoreStrings();
  const { versions, id } = agent.template;
  const present = versions.findIndex((one) => one.id === id);
  const isNewer = (one: string) => versions.findIndex((other) => other.id === one) < present;
  return othersOf(agent).map((one) => ({ id: one.version, name: one.version, hint: isNewer(one.id) ? t.versions.newer : t.versions.older }));
}

function Version({ agent, isTried }: { readonly agent: Versioned; readonly isTried: boolean }) {
  const t = useMoreStrings();
  const options = useVersionOptions(agent);
  const [wanted, setWanted] = useState(agent.upgrade?.version ?? null);
  const { problems, error, isChecking, check } = useDryRun(agent.id, wanted);
  const [isAsking, setIsAsking] = useState(false);
  const move = useAction(UpgradeAgentDocument, { changes: ['Agent'], done: ({ upgradeAgent }) => t.versions.moved(upgradeAgent.agent.template.version) });
  const blocking = problems?.filter((problem) => problem.blocking).length ?? 0;
  const upgrade = () =>
    wanted && void move.run({ input: { id: agent.id, version: wanted, dryRun: false } }).then((data) => (data ? setWanted(null) : check()));
  return (
    <Card title={t.versions.title} actions={<Badge kind="accent">{`${t.versions.present}: ${agent.template.version}`}</Badge>}>
      <div className="form">
        <p className="intro">{t.versions.intro}</p>
        {options.length === 0 ? (
          <p className="muted">{t.versions.only}</p>
        ) : (
          <div className="form-row">
            <Select label={t.versions.choose} description={t.versions.choice} value={wanted} onChange={setWanted} options={options} />
          </div>
        )}
        {error && <ErrorNote error={error} onRetry={check} />}
        {wanted && isChecking && !problems && <Skeleton lines={2} label={t.versions.checking} />}
        {wanted && problems && (
          <>
            <Verdict version={wanted} blocking={blocking} count={problems.length} />
            <Problems key={wanted} agent={agent} wanted={wanted} problems={problems} onSaved={check} />
            {isTried && <Note kind="info">{t.versions.whileTried}</Note>}
            <div className="actions">
              <Button kind="primary" isPending={move.isPending} isDisabled={blocking > 0 || isTried} onPress={() => setIsAsking(true)}>
                {t.versions.move(wanted)}
              </Button>
            </div>
          </>
        )}
      </div>
      <Confirm isOpen={isAsking} title={t.versions.moveTitle} text={t.versions.moveText(wanted ?? '')} action={t.versions.move(wanted ?? '')} onClose={() => setIsAsking(false)} onConfirm={upgrade} />
    </Card>
  );
}

function Verdict({ version, blocking, count }: { readonly version: string; readonly blocking: number; readonly count: number }) {
  const t = useMoreStrings();
  return (
    <div role="status">
      {blocking > 0 ? <Note kind="warn">{t.versions.refused(blocking)}</Note> : count > 0 ? <Note kind="info">{t.versions.notable}</Note> : <Note kind="good">{t.versions.fits(version)}</Note>}
    </div>
  );
}

/** What the server says of a move to this version; it is asked when another version is chosen, and again by `check`. */
function useDryRun(id: string, version: string | null) {
  const client = useClient();
  const [state, setState] = useState<{ version: string; problems: readonly VersionProblem[] | null; error: Error | null } | null>(null);
  const [isChecking, setIsChecking] = useState(false);
  const [count, setCount] = useState(0);
  useEffect(() => {
    if (version === null) return;
    let isCurrent = true;
    setIsChecking(true);
    const variables = { input: { id, version, dryRun: true } };
    void client
      .mutation(UpgradeAgentDocument, variables)
      .toPromise()
      .then(({ data, error }) => {
        if (!isCurrent) return;
        setIsChecking(false);
        setState({ version, problems: data?.upgradeAgent.problems ?? null, error: error ? errorOf(error) : null });
      });
    return () => {
      isCurrent = false;
    };
  }, [client, id, version, count]);
  const check = useCallback(() => setCount((known) => known + 1), []);
  const found = state?.version === version ? state : null;
  return { problems: found?.problems ?? null, error: found?.error ?? null, isChecking, check };
}
