// Whether the process that serves this page can do its work, by its own checks.
import { useCallback, useEffect, useState } from 'react';

import { useMoreStrings } from '../strings/more';
import { useFormat } from '../ui/format';
import { Page } from '../ui/Page';
import { usePolling } from '../ui/polling';
import { Badge, Note, Skeleton } from '../ui/Status';
import { Table } from '../ui/Table';
import { type Readiness, readinessOf } from './readiness';

const AGAIN_MS = 3_000;

interface Look {
  /** Null when the process does not say. */
  readonly readiness: Readiness | null;
  readonly at: Date;
}

export default function HealthPage() {
  const t = useMoreStrings();
  const format = useFormat();
  const [look, setLook] = useState<Look | null>(null);
  const read = useCallback(() => void readiness().then((found) => setLook({ readiness: found, at: new Date() })), []);
  useEffect(read, [read]);
  usePolling(read, AGAIN_MS);
  const badge = look?.readiness && <Badge kind={look.readiness.ready ? 'good' : 'bad'}>{look.readiness.ready ? t.health.ready : t.health.notReady}</Badge>;
  return (
    <Page title={t.health.title} intro={t.health.intro} actions={<span role="status">{badge}</span>}>
      {!look ? (
        <Skeleton lines={4} />
      ) : look.readiness ? (
        <>
          {look.readiness.draining && <Note kind="warn">{t.health.draining}</Note>}
          <Checks readiness={look.readiness} />
          <p className="fine checked">{t.health.checked(format.time(look.at))}</p>
        </>
      ) : (
        <Note kind="warn">{t.health.unreachable}</Note>
      )}
    </Page>
  );
}

/** A process that is not ready answers 503, with its checks. */
async function readiness(): Promise<Readiness | null> {
  try {
    const response = await fetch('/readyz', { headers: { accept: 'application/json' }, cache: 'no-store' });
    return readinessOf(await response.json());
  } catch {
    return null;
  }
}

function Checks({ readiness: { checks } }: { readonly readiness: Readiness }) {
  const t = useMoreStrings();
  return (
    <Table label={t.health.title} head={[t.health.check, t.health.state, t.health.reason]}>
      {checks.map(({ name, ready, required, reason }) => (
        <tr key={name}>
          <td>
            {t.health.names[name] ?? name} <span className="fine">({required ? t.health.required : t.health.optional})</span>
          </td>
          <td>
            <Badge kind={ready ? 'good' : required ? 'bad' : 'warn'}>{ready ? t.health.works : t.health.fails}</Badge>
          </td>
          <td>{reason ?? '–'}</td>
        </tr>
      ))}
    </Table>
  );
}
