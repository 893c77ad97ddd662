// The first page without a key: what it is, where to find one, and what was wrong with the last.
import type { TroupeError } from '@troupe/client';
import { type FormEvent, useState } from 'react';

import type { Credentials } from '../../credentials/credentials';
import { useStrings } from '../strings';
import { Button } from '../ui/Button';
import { TextField } from '../ui/Fields';
import { useTitle } from '../ui/Page';
import { ErrorNote, Logo } from '../ui/Status';

interface Props {
  /** The account of the link that opened the page. */
  readonly account: string;
  readonly error: TroupeError | null;
  readonly isPending: boolean;
  readonly onSignIn: (credentials: Credentials) => void;
}

export function SignIn({ account, error, isPending, onSignIn }: Props) {
  const t = useStrings();
  useTitle(t.signIn.title);
  const [apiKey, setApiKey] = useState('');
  const [accountId, setAccountId] = useState(account);
  const [isOperator, setIsOperator] = useState(account !== '');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (apiKey.trim()) onSignIn({ apiKey: apiKey.trim(), accountId: isOperator ? accountId.trim() : '' });
  };
  return (
    <main className="sign-in">
      <form onSubmit={submit}>
        <Logo />
        <h1>{t.signIn.title}</h1>
        <p>{t.signIn.intro}</p>
        {error && <ErrorNote error={error} />}
        <TextField label={t.signIn.key} type="password" value={apiKey} onChange={setApiKey} autoComplete="off" autoFocus isRequired />
        {isOperator ? (
          <TextField label={t.signIn.account} description={t.signIn.accountHint} value={accountId} onChange={setAccountId} placeholder="account_…" />
        ) : (
          <Button kind="quiet" size="s" onPress={() => setIsOperator(true)}>
            {t.signIn.operator}
          </Button>
        )}
        <Button kind="primary" type="submit" isPending={isPending}>
          {isPending ? t.signIn.pending : t.signIn.action}
        </Button>
        <details>
          <summary>{t.signIn.where}</summary>
          <p>{t.signIn.whereDev}</p>
          <p>{t.signIn.whereAccount}</p>
          <p>{t.signIn.kept}</p>
        </details>
      </form>
    </main>
  );
}
