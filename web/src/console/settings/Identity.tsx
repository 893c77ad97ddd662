// The identity providers whose tokens people may chat with.
import { Fingerprint, Plus } from 'lucide-react';
import { useState } from 'react';
import { useQuery } from 'urql';

import { useMoreStrings } from '../strings/more';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import { useKept } from '../ui/kept';
import { Loaded } from '../ui/Loaded';
import { Confirm } from '../ui/Overlays';
import { Card, Facts } from '../ui/Page';
import { Empty } from '../ui/Status';
import { Time } from '../ui/Time';
import { AddProvider } from './AddProvider';
import { CLAIMS, claimsOf } from './claims';
import { IdentityProvidersDocument, type ProviderFragment, RemoveIdentityProviderDocument } from './operations.generated';

/** An account has no more. */
const MOST = 5;

export function Identity() {
  const t = useMoreStrings();
  const [answer, execute] = useQuery({ query: IdentityProvidersDocument });
  const result = useKept(answer);
  const [isAdding, setIsAdding] = useState(false);
  const count = result.data?.account?.identityProviders.length ?? 0;
  const add = (
    <Button size="s" icon={Plus} isDisabled={count >= MOST} onPress={() => setIsAdding(true)}>
      {t.identity.add}
    </Button>
  );
  return (
    <Card title={t.identity.title} actions={add}>
      <p className="description">
        {t.identity.intro} {count >= MOST && t.identity.most}
      </p>
      <Loaded result={result} onRetry={() => execute({ requestPolicy: 'network-only' })}>
        {({ account }) =>
          account && account.identityProviders.length > 0 ? (
            <>
              <ul className="providers">
                {account.identityProviders.map((provider) => (
                  <Provider key={provider.id} provider={provider} />
                ))}
              </ul>
              <p className="fine">{t.identity.change}</p>
            </>
          ) : (
            <Empty icon={Fingerprint} title={t.identity.none}>
              {t.identity.noneText}
            </Empty>
          )
        }
      </Loaded>
      {isAdding && <AddProvider onClose={() => setIsAdding(false)} />}
    </Card>
  );
}

function Provider({ provider }: { readonly provider: ProviderFragment }) {
  const t = useMoreStrings();
  const [isAsking, setIsAsking] = useState(false);
  const { id, name, issuer, audience, jwksUrl, algorithms, createdAt } = provider;
  const claims = claimsOf(provider.claims);
  const remove = useAction(RemoveIdentityProviderDocument, { changes: ['IdentityProvider', 'Account'], done: t.identity.removed });
  return (
    <li>
      <header>
        <h3>{name}</h3>
        <Button size="s" kind="danger" isPending={remove.isPending} onPress={() => setIsAsking(true)} aria-label={t.identity.removeName(name)}>
          {t.identity.remove}
        </Button>
      </header>
      <Facts
        facts={[
          [t.identity.issuer, <code>{issuer}</code>],
          [t.identity.audience, <code>{audience}</code>],
          [t.identity.keys, <code>{jwksUrl}</code>],
          [t.identity.algorithms, algorithms.join(', ')],
          ...CLAIMS.filter(({ name: claim }) => claims[claim]).map(({ name: claim, label }) => [t.identity[label], <code>{claims[claim]}</code>] as const),
          [t.identity.since, <Time at={createdAt} />],
        ]}
      />
      <Confirm
        isOpen={isAsking}
        title={t.identity.removeTitle}
        text={t.identity.removeText(name)}
        action={t.identity.remove}
        onClose={() => setIsAsking(false)}
        onConfirm={() => void remove.run({ input: { id } })}
      />
    </li>
  );
}
