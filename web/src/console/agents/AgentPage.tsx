// One agent: what it is and can do, its settings, and where each value comes from.
import { ArrowLeft, MessageSquare, Pause, Play } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useQuery } from 'urql';

import '../styles/agents.css';
import { useIsAtLeast } from '../api/session';
import { useStrings } from '../strings';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import { useKept } from '../ui/kept';
import { Loaded } from '../ui/Loaded';
import { Confirm } from '../ui/Overlays';
import { Page } from '../ui/Page';
import { Badge, ErrorNote, Skeleton } from '../ui/Status';
import { AvailabilityBadge } from './AvailabilityBadge';
import { Configuration } from './Configuration';
import { ActivateAgentDocument, type AgentDetailsFragment, AgentDetailDocument, DeleteAgentDocument, SuspendAgentDocument } from './operations.generated';
import { Overview } from './Overview';
import { SettingsForm } from './SettingsForm';

const VersionTab = lazy(() => import('../versions/VersionTab'));
const VectorTab = lazy(() => import('../vectors/VectorTab'));
const PersonaTab = lazy(() => import('../persona/PersonaTab'));

type Tab = 'overview' | 'settings' | 'configuration' | 'version' | 'vectors' | 'persona';

/** What this agent has, for a key that may see it. */
function tabsOf(agent: AgentDetailsFragment, isAdmin: boolean): readonly Tab[] {
  const isExpert = agent.template.workflow === 'DigitalExpertWorkflow';
  return ['overview', 'settings', 'configuration', ...(isExpert ? (['persona'] as const) : []), 'vectors', ...(isAdmin ? (['version'] as const) : [])];
}

export default function AgentPage({ slug, tab }: { readonly slug: string; readonly tab: string }) {
  const t = useStrings();
  const [answer, execute] = useQuery({ query: AgentDetailDocument, variables: { slug } });
  const result = useKept(answer);
  const agent = result.data?.agent;
  const isAdmin = useIsAtLeast('ADMIN');
  const back = (
    <Link href="/console/agents">
      <ArrowLeft aria-hidden size={14} />
      {t.agents.back}
    </Link>
  );
  const isGone = result.data !== undefined && !agent;
  return (
    <Page
      title={agent?.name ?? slug}
      intro={agent?.description}
      back={back}
      actions={agent && <AgentActions agent={agent} onChange={() => execute({ requestPolicy: 'network-only' })} />}
    >
      {isGone && !result.fetching && <ErrorNote error={new Error(t.agents.notFound)} />}
      <Loaded result={result} onRetry={() => execute({ requestPolicy: 'network-only' })}>
        {({ agent }) =>
          agent && (
            <div className="tabs">
              <nav role="navigation" aria-label={agent.name} className="tab-links">
                {tabsOf(agent, isAdmin).map((name) => (
                  <Link key={name} href={`/console/agents/${slug}/${name}`} className="tab" aria-current={name === tab ? 'page' : undefined} ref={name === tab ? intoView : undefined}>
                    {t.agents.tabs[name]}
                  </Link>
                ))}
              </nav>
              <Suspense key={tab} fallback={<Skeleton lines={6} />}>
                <Contents agent={agent} tab={tabsOf(agent, isAdmin).find((name) => name === tab) ?? 'overview'} onReload={() => execute({ requestPolicy: 'network-only' })} />
              </Suspense>
            </div>
          )
        }
      </Loaded>
    </Page>
  );
}

function Contents({ agent, tab, onReload }: { readonly agent: AgentDetailsFragment; readonly tab: Tab; readonly onReload: () => void }) {
  switch (tab) {
    case 'overview':
      return <Overview agent={agent} />;
    case 'settings':
      return <SettingsForm key={agent.id} agent={agent} onReload={onReload} />;
    case 'configuration':
      return <Configuration agent={agent} />;
    case 'version':
      return <VersionTab key={agent.id} agent={agent} />;
    case 'vectors':
      return <VectorTab agent={agent} />;
    case 'persona':
      return <PersonaTab key={agent.id} agent={agent} />;
  }
}

/** On a narrow screen the tabs scroll. */
function intoView(tab: HTMLAnchorElement | null): void {
  tab?.scrollIntoView({ inline: 'nearest', block: 'nearest' });
}

function AgentActions({ agent, onChange }: { readonly agent: AgentDetailsFragment; readonly onChange: () => void }) {
  const t = useStrings();
  const [, navigate] = useLocation();
  const mayChange = useIsAtLeast('ADMIN');
  const [asking, setAsking] = useState<'suspend' | 'remove' | null>(null);
  const activate = useAction(ActivateAgentDocument, { changes: ['Agent'], done: t.agents.activated });
  const suspend = useAction(SuspendAgentDocument, { changes: ['Agent'], done: t.agents.suspended });
  const remove = useAction(DeleteAgentDocument, { changes: ['Agent'], done: t.agents.removed });
  const { id, name, status } = agent;
  const isActive = status === 'ACTIVE';
  return (
    <>
      {isActive ? <AvailabilityBadge availability={agent.availability} /> : <Badge kind="warn">{t.agents.status[status]}</Badge>}
      {isActive && (
        <Link href={`/console/chat?agent=${id}`} className="button secondary m">
          <MessageSquare aria-hidden size={16} />
          <span>{t.agents.chat}</span>
        </Link>
      )}
      {mayChange &&
        (isActive ? (
          <Button icon={Pause} isPending={suspend.isPending} onPress={() => setAsking('suspend')}>
            {t.agents.suspend}
          </Button>
        ) : (
          <Button icon={Play} kind="primary" isPending={activate.isPending} onPress={() => void activate.run({ input: { id } }).then(onChange)}>
            {t.agents.activate}
          </Button>
        ))}
      {mayChange && !isActive && (
        <Button kind="danger" isPending={remove.isPending} onPress={() => setAsking('remove')}>
          {t.agents.remove}
        </Button>
      )}
      <Confirm
        isOpen={asking === 'suspend'}
        title={t.agents.suspendTitle}
        text={t.agents.suspendText(name)}
        action={t.agents.suspend}
        onClose={() => setAsking(null)}
        onConfirm={() => void suspend.run({ input: { id } }).then(onChange)}
      />
      <Confirm
        isOpen={asking === 'remove'}
        title={t.agents.removeTitle}
        text={t.agents.removeText(name)}
        action={t.agents.remove}
        onClose={() => setAsking(null)}
        onConfirm={() => void remove.run({ input: { id } }).then((done) => done && navigate('/console/agents'))}
      />
    </>
  );
}
