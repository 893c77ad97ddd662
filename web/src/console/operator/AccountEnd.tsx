// Suspends an account, brings it back, or deletes it for good and says when nothing of it is left.
import { type FormEvent, useCallback, useEffect, useState } from 'react';
import { useQuery } from 'urql';

import { useMoreStrings } from '../strings/more';
import { useStrings } from '../strings';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import { TextField } from '../ui/Fields';
import { Dialog } from '../ui/Overlays';
import { Card } from '../ui/Page';
import { usePolling } from '../ui/polling';
import { Note } from '../ui/Status';
import {
  type AccountRowFragment,
  DeleteAccountDocument,
  type DeletionFragment,
  DeletionProgressDocument,
  ResumeAccountDocument,
  SuspendAccountDocument,
} from './operations.generated';

/** A deletion waits for the account's last run, so its state is asked for again after this time, in milliseconds. */
const AGAIN_MS = 1_000;

interface Props {
  readonly id: string;
  /** Null once it is gone. */
  readonly account: AccountRowFragment | null;
  readonly onGoing: () => void;
  readonly onChange: () => void;
}

export function AccountEnd({ id, account, onGoing, onChange }: Props) {
  const t = useMoreStrings();
  const [asking, setAsking] = useState<'suspend' | 'remove' | null>(null);
  const resume = useAction(ResumeAccountDocument, { changes: ['Account'], done: t.accounts.resumed });
  const deletion = useDeletion(id, account === null);
  return (
    <>
      {deletion.state && <DeletionNote state={deletion.state} />}
      {account && !deletion.state && (
        <Card title={t.accounts.danger}>
          <div className="actions">
            {account.suspendedAt ? (
              <Button kind="primary" isPending={resume.isPending} onPress={() => void resume.run({ input: { id } }).then(onChange)}>
                {t.accounts.resume}
              </Button>
            ) : (
              <Button onPress={() => setAsking('suspend')}>{t.accounts.suspend}</Button>
            )}
            <Button kind="danger" onPress={() => setAsking('remove')}>
              {t.accounts.remove}
            </Button>
          </div>
        </Card>
      )}
      {asking === 'suspend' && account && <Suspension account={account} onClose={() => setAsking(null)} onDone={onChange} />}
      {asking === 'remove' && account && (
        <Removal
          account={account}
          onClose={() => setAsking(null)}
          onDone={(state) => {
            deletion.begun(state);
            onGoing();
          }}
        />
      )}
    </>
  );
}

/** The deletion of the account: one that was begun here, or earlier. */
function useDeletion(id: string, isGone: boolean): { state: DeletionFragment | null; begun: (state: DeletionFragment) => void } {
  const [begun, setBegun] = useState<DeletionFragment | null>(null);
  const [result, execute] = useQuery({ query: DeletionProgressDocument, variables: { id } });
  const state = result.data?.accountDeletion ?? begun;
  const read = useCallback(() => execute({ requestPolicy: 'network-only' }), [execute]);
  // somebody else may have begun it
  useEffect(() => {
    if (isGone) read();
  }, [isGone, read]);
  usePolling(read, state && !state.finishedAt ? AGAIN_MS : null);
  return { state, begun: setBegun };
}

function DeletionNote({ state: { finishedAt, removed, sentTo, remains } }: { readonly state: DeletionFragment }) {
  const t = useMoreStrings();
  return (
    <div role="status">
      <Note kind={finishedAt ? (remains.length > 0 ? 'warn' : 'good') : 'info'}>
        <p>{finishedAt ? t.accounts.removedDone : t.accounts.removing}</p>
        {removed && removed.length > 0 && <p className="fine">{removed.map(({ kind, count }) => `${kind}: ${count}`).join(', ')}</p>}
        {remains.length > 0 && (
          <p>
            {t.accounts.remains} {remains.join('; ')}
          </p>
        )}
        {sentTo.length > 0 && <p className="fine">{t.accounts.sentTo(sentTo.join(', '))}</p>}
      </Note>
    </div>
  );
}

interface DialogProps {
  readonly account: AccountRowFragment;
  readonly onClose: () => void;
}

function Suspension({ account: { id, name }, onClose, onDone }: DialogProps & { readonly onDone: () => void }) {
  const s = useStrings();
  const t = useMoreStrings();
  const [reason, setReason] = useState('');
  const suspend = useAction(SuspendAccountDocument, { changes: ['Account'], done: t.accounts.suspendedDone });
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!(await suspend.run({ input: { id, reason: reason.trim() || null } }))) return;
    onDone();
    onClose();
  };
  return (
    <Dialog title={t.accounts.suspendTitle} isOpen onClose={onClose} size="s" isPending={suspend.isPending}>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <p>{t.accounts.suspendText(name)}</p>
        <TextField label={t.accounts.reason} value={reason} onChange={setReason} rows={2} maxLength={2_000} />
        <div className="actions">
          <Button onPress={onClose}>{s.common.cancel}</Button>
          <Button kind="danger" type="submit" isPending={suspend.isPending}>
            {t.accounts.suspend}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Removal({ account: { id, name }, onClose, onDone }: DialogProps & { readonly onDone: (state: DeletionFragment) => void }) {
  const s = useStrings();
  const t = useMoreStrings();
  const [typed, setTyped] = useState('');
  const remove = useAction(DeleteAccountDocument, { changes: ['Account', 'AccountDeletion'] });
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const data = await remove.run({ input: { id, name: typed } });
    if (!data) return;
    onDone(data.deleteAccount.deletion);
    onClose();
  };
  return (
    <Dialog title={t.accounts.removeTitle} isOpen onClose={onClose} size="s" isPending={remove.isPending}>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <p>{t.accounts.removeText}</p>
        <TextField label={t.accounts.removeConfirm(name)} value={typed} onChange={setTyped} autoComplete="off" />
        <div className="actions">
          <Button onPress={onClose}>{s.common.cancel}</Button>
          <Button kind="danger" type="submit" isPending={remove.isPending} isDisabled={typed !== name}>
            {t.accounts.remove}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
