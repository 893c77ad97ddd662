// A new key, whose secret is shown this once.
import { type FormEvent, useState } from 'react';

import { formProblems } from '../agents/problems';
import type { Role } from '../api/session';
import { useStrings } from '../strings';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import { sentence } from '../ui/errors';
import { Select, TextField } from '../ui/Fields';
import { Dialog } from '../ui/Overlays';
import { Secret } from '../ui/Secret';
import { ErrorNote } from '../ui/Status';
import { CreateApiKeyDocument } from './operations.generated';

const ROLES = ['READER', 'MEMBER', 'ADMIN', 'OWNER'] as const satisfies readonly Role[];

export function NewKey({ onClose, onDone }: { readonly onClose: () => void; readonly onDone: () => void }) {
  const t = useStrings();
  const [name, setName] = useState('');
  const [role, setRole] = useState<(typeof ROLES)[number]>('MEMBER');
  const [expires, setExpires] = useState('');
  const [secret, setSecret] = useState<string | null>(null);
  const { run, isPending, error } = useAction(CreateApiKeyDocument, { changes: ['ApiKey', 'Account'], isQuiet: true });
  const { input: problems, isAny } = formProblems(error);
  const problem = (field: string) => {
    const text = problems.get(field);
    return text === undefined ? undefined : sentence(text);
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const expiresAt = expires ? new Date(expires).toISOString() : null;
    const data = await run({ input: { name, role, expiresAt } });
    if (!data) return;
    setSecret(data.createApiKey.secret);
    onDone();
  };
  if (secret) return <Secret title={t.settings.secretTitle} text={t.settings.secretText} secret={secret} onClose={onClose} />;
  return (
    <Dialog title={t.settings.createTitle} isOpen onClose={onClose} size="s" isPending={isPending}>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <TextField label={t.settings.keyName} value={name} onChange={setName} problem={problem('name')} isRequired autoFocus maxLength={120} />
        <Select
          label={t.settings.role}
          value={role}
          onChange={(id) => setRole(ROLES.find((one) => one === id) ?? 'MEMBER')}
          options={ROLES.map((id) => ({ id, name: t.roles[id], hint: t.settings.roleHints[id] }))}
        />
        <TextField label={t.settings.expires} description={t.settings.expiresHint} type="datetime-local" value={expires} onChange={setExpires} problem={problem('expiresAt')} />
        {error && !isAny && <ErrorNote error={error} />}
        <div className="actions">
          <Button onPress={onClose} isDisabled={isPending}>
            {t.common.cancel}
          </Button>
          <Button kind="primary" type="submit" isPending={isPending} isDisabled={!name.trim()}>
            {t.settings.create}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
