// One account as its operator sees it: its terms, what it used, and whether it may be used.
import { Activity, ArrowLeft, LogIn } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Link } from 'wouter';
import { useQuery } from 'urql';

import '../styles/agents.css';
import '../styles/runs.css';
import { isSame } from '../agents/schema';
import { useIsOutside } from '../api/session';
import { Bounds } from '../settings/Bounds';
import { useActIn } from '../shell/account';
import { useStrings } from '../strings';
import { useMoreStrings } from '../strings/more';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import { useFormat } from '../ui/format';
import { useKept } from '../ui/kept';
import { Loaded } from '../ui/Loaded';
import { Card, Page } from '../ui/Page';
import { usePolling } from '../ui/polling';
import { useFieldProblems } from '../ui/problems';
import { Badge, ErrorNote, Note } from '../ui/Status';
import { AccountEnd } from './AccountEnd';
import { AccountDetailDocument, type AccountRowFragment, UpdateTermsDocument } from './operations.generated';
import { termsInput, termsOf } from './terms';
import { TermsFields } from './TermsFields';

/** What an account uses has no subscription. */
const AGAIN_MS = 3_000;

export default function AccountPage({ id }: { readonly id: string }) {
  const s = useStrings();
  const t = useMoreStrings();
  const actIn = useActIn();
  const [answer, execute] = useQuery({ query: AccountDetailDocument, variables: { id } });
  const result = useKept(answer);
  const [isGoing, setIsGoing] = useState(false);
  const read = () => execute({ requestPolicy: 'network-only' });
  const account = result.data?.account;
  // an account that is being deleted is not there any more at the end
  usePolling(read, isGoing || result.error || account === null ? null : AGAIN_MS);
  const back = (
    <Link href="/console/accounts">
      <ArrowLeft aria-hidden size={14} />
      {t.accounts.back}
    </Link>
  );
  const isOutside = useIsOutside();
  const actions = account && (
    <>
      {isOutside && (
        <Link href={`/console/runs?account=${account.id}`} className="button secondary m">
          <Activity aria-hidden size={16} />
          <span>{s.nav.runs}</span>
        </Link>
      )}
      {!account.suspendedAt && (
        <Button icon={LogIn} onPress={() => actIn(account.id, '/console/agents')}>
          {t.accounts.enter}
        </Button>
      )}
    </>
  );
  return (
    <Page title={account?.name ?? t.accounts.account} back={back} intro={<code>{id}</code>} actions={actions}>
      {result.data && !account && !isGoing && <ErrorNote error={new Error(t.accounts.notFound)} />}
      <Loaded result={result} onRetry={read}>
        {({ account }) => (
          <div className="stack">
            {account && (
              <>
                <State account={account} />
                <Card title={t.accounts.usage} actions={<Badge kind="info">{t.budgets.live}</Badge>}>
                  <Bounds bounds={account.billing} />
                </Card>
                <TermsCard key={account.id} account={account} />
              </>
            )}
            <AccountEnd id={id} account={account ?? null} onGoing={() => setIsGoing(true)} onChange={read} />
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function State({ account: { suspendedAt } }: { readonly account: AccountRowFragment }) {
  const t = useMoreStrings();
  const format = useFormat();
  return suspendedAt ? <Note kind="warn">{t.accounts.since(format.dateTime(suspendedAt))}</Note> : null;
}

function TermsCard({ account }: { readonly account: AccountRowFragment }) {
  const s = useStrings();
  const t = useMoreStrings();
  const stored = termsOf(account);
  const [terms, setTerms] = useState(stored);
  const save = useAction(UpdateTermsDocument, { changes: ['Account'], done: t.accounts.termsSaved, isQuiet: true });
  const { input, wrong } = termsInput(terms);
  const problems = useFieldProblems(save.error, wrong);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (wrong.length > 0) return;
    const data = await save.run({ input: { id: account.id, ...input } });
    if (data) setTerms(termsOf(data.updateAccount.account));
  };
  return (
    <Card title={t.accounts.terms}>
      <form className="form" onSubmit={(event) => void submit(event)} aria-label={t.accounts.terms}>
        <div className="form-row">
          <TermsFields terms={terms} onTerms={setTerms} problem={problems.of} />
        </div>
        {save.error && !problems.isAny && <ErrorNote error={save.error} />}
        <div className="actions">
          <Button kind="primary" type="submit" isPending={save.isPending} isDisabled={isSame(terms, stored)}>
            {s.common.save}
          </Button>
        </div>
      </form>
    </Card>
  );
}
