// The rights of a person over their data: an export, the end of their sessions, an erasure that says when it is complete.
import { Download } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useClient } from 'urql';

import { useStrings } from '../strings';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import { useFormat } from '../ui/format';
import { Confirm } from '../ui/Overlays';
import { Card } from '../ui/Page';
import { Note } from '../ui/Status';
import {
  EraseEndUserDocument,
  ErasureProgressDocument,
  type ErasureStateFragment,
  ExportEndUserDocument,
  type ExportEndUserMutation,
  RevokeSessionsDocument,
} from './operations.generated';

/** An erasure waits for the person's last run, so its state is asked for again after this time, in milliseconds. */
const AGAIN_MS = 1_000;

export function PersonActions({ externalId }: { readonly externalId: string }) {
  const t = useStrings();
  const [asking, setAsking] = useState(false);
  const [link, setLink] = useState<ExportEndUserMutation['exportEndUser'] | null>(null);
  const [erasure, setErasure] = useState<ErasureStateFragment | null>(null);
  const exported = useAction(ExportEndUserDocument, { changes: ['EndUser'] });
  const revoked = useAction(RevokeSessionsDocument, { changes: ['EndUser'], done: ({ revokeSessions }) => t.people.revoked(revokeSessions.revoked) });
  const erased = useAction(EraseEndUserDocument, { changes: ['Erasure'] });
  const state = useErasure(externalId, erasure);
  const erase = () => void erased.run({ input: { endUser: externalId } }).then((data) => data && setErasure(data.eraseEndUser.erasure));
  return (
    <Card title={t.people.rights}>
      <div className="actions">
        <Button isPending={exported.isPending} onPress={() => void exported.run({ input: { endUser: externalId } }).then((data) => data && setLink(data.exportEndUser))}>
          {t.people.export}
        </Button>
        <Button isPending={revoked.isPending} onPress={() => void revoked.run({ input: { endUser: externalId } })}>
          {t.people.revoke}
        </Button>
        <Button kind="danger" isPending={erased.isPending} isDisabled={state !== null} onPress={() => setAsking(true)}>
          {t.people.erase}
        </Button>
      </div>
      {link && <ExportLink link={link} />}
      {state && <ErasureNote state={state} />}
      <Confirm
        isOpen={asking}
        title={t.people.eraseTitle}
        text={t.people.eraseText(externalId)}
        action={t.people.erase}
        onClose={() => setAsking(false)}
        onConfirm={erase}
      />
    </Card>
  );
}

/** The state of an erasure that was begun here, until it is complete. */
function useErasure(endUser: string, begun: ErasureStateFragment | null): ErasureStateFragment | null {
  const client = useClient();
  const [state, setState] = useState<ErasureStateFragment | null>(null);
  useEffect(() => {
    setState(begun);
    if (!begun || begun.finishedAt) return;
    const timer = setInterval(async () => {
      const { data } = await client.query(ErasureProgressDocument, { endUser }, { requestPolicy: 'network-only' }).toPromise();
      if (!data?.erasure) return;
      setState(data.erasure);
      if (data.erasure.finishedAt) clearInterval(timer);
    }, AGAIN_MS);
    return () => clearInterval(timer);
  }, [client, endUser, begun]);
  return state;
}

function ExportLink({ link: { url, expiresAt } }: { readonly link: ExportEndUserMutation['exportEndUser'] }) {
  const t = useStrings();
  const format = useFormat();
  return (
    <p className="export">
      <a href={url} download className="button secondary s">
        <Download aria-hidden size={14} />
        <span>{t.people.download}</span>
      </a>
      <span className="fine">{t.people.downloadHint(format.ago(expiresAt))}</span>
    </p>
  );
}

function ErasureNote({ state: { finishedAt, removed, sentTo } }: { readonly state: ErasureStateFragment }) {
  const t = useStrings();
  return (
    <div role="status" className="export">
      <Note kind={finishedAt ? 'good' : 'info'}>
        <p>{finishedAt ? t.people.erased : t.people.erasing}</p>
        {removed.length > 0 && <p className="fine">{removed.map(({ kind, count }) => `${kind}: ${count}`).join(', ')}</p>}
        {sentTo.length > 0 && <p className="fine">{t.people.sentTo(sentTo.join(', '))}</p>}
      </Note>
    </div>
  );
}
