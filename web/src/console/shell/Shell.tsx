// What surrounds every page: the navigation, whether the browser is online, and the page that the address names.
import { Menu as MenuIcon } from 'lucide-react';
import { lazy, Suspense, useEffect, useState } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';

import { useIsAtLeast, useIsOutside } from '../api/session';
import { ChatPage } from '../chat/ChatPage';
import { type LanguageCode, useStrings } from '../strings';
import { IconButton } from '../ui/Button';
import { Skeleton } from '../ui/Status';
import { Boundary } from './Boundary';
import { Navigation } from './Navigation';
import { NotFound } from './NotFound';
import { useIsOnline } from './online';

const WatchPage = lazy(() => import('../chat/WatchPage'));
const AgentsPage = lazy(() => import('../agents/AgentsPage'));
const AgentPage = lazy(() => import('../agents/AgentPage'));
const NewAgentPage = lazy(() => import('../agents/NewAgentPage'));
const KnowledgePage = lazy(() => import('../knowledge/KnowledgePage'));
const ToolsPage = lazy(() => import('../tools/ToolsPage'));
const ApprovalsPage = lazy(() => import('../tools/ApprovalsPage'));
const PeoplePage = lazy(() => import('../people/PeoplePage'));
const PersonPage = lazy(() => import('../people/PersonPage'));
const RunsPage = lazy(() => import('../runs/RunsPage'));
const RunPage = lazy(() => import('../runs/RunPage'));
const UsagePage = lazy(() => import('../usage/UsagePage'));
const AuditPage = lazy(() => import('../audit/AuditPage'));
const SettingsPage = lazy(() => import('../settings/SettingsPage'));
const OperatorRoutes = lazy(() => import('../operator/OperatorRoutes'));

export function Shell({ onLanguage }: { readonly onLanguage: (code: LanguageCode) => void }) {
  const t = useStrings();
  const [location] = useLocation();
  const [isOpen, setIsOpen] = useState(false);
  const isOnline = useIsOnline();
  const isOutside = useIsOutside();
  const isOperator = useIsAtLeast('OPERATOR');
  useEffect(() => setIsOpen(false), [location]);
  return (
    <div className={`shell${isOpen ? ' open' : ''}`}>
      <a className="skip" href="#main">
        {t.shell.skip}
      </a>
      <header className="topbar">
        <IconButton icon={MenuIcon} label={t.shell.menu} onPress={() => setIsOpen(!isOpen)} size={18} />
        <span>Troupe</span>
      </header>
      <Navigation onLanguage={onLanguage} />
      <button type="button" className="scrim" aria-label={t.common.close} tabIndex={isOpen ? 0 : -1} onClick={() => setIsOpen(false)} />
      <div className="content">
        {!isOnline && (
          <p className="offline" role="status">
            {t.shell.offline}
          </p>
        )}
        <Boundary key={location.split('/')[2]}>
          <Suspense fallback={<Waiting />}>
            <Switch>
              {['/', '/console'].map((path) => (
                <Route key={path} path={path}>
                  <Redirect to={isOutside ? '/console/accounts' : '/console/chat'} replace />
                </Route>
              ))}
              {isOperator && (
                <Route path={/^\/console\/(accounts|templates|health)(\/|$)/}>
                  <OperatorRoutes />
                </Route>
              )}
              <Route path="/console/chat/:id?">{({ id }) => <ChatPage id={id ?? null} />}</Route>
              <Route path="/console/conversations/:id">{({ id }) => <WatchPage id={id} />}</Route>
              <Route path="/console/agents">
                <AgentsPage />
              </Route>
              <Route path="/console/agents/new">
                <NewAgentPage />
              </Route>
              <Route path="/console/agents/:slug/:tab?">{({ slug, tab }) => <AgentPage slug={slug} tab={tab ?? 'overview'} />}</Route>
              <Route path="/console/knowledge/:slug?">{({ slug }) => <KnowledgePage slug={slug ?? null} />}</Route>
              <Route path="/console/tools">
                <ToolsPage />
              </Route>
              <Route path="/console/approvals">
                <ApprovalsPage />
              </Route>
              <Route path="/console/people">
                <PeoplePage />
              </Route>
              <Route path="/console/people/:id">{({ id }) => <PersonPage id={id} />}</Route>
              <Route path="/console/runs">
                <RunsPage />
              </Route>
              <Route path="/console/runs/:id">{({ id }) => <RunPage id={id} />}</Route>
              <Route path="/console/usage">
                <UsagePage />
              </Route>
              <Route path="/console/audit">
                <AuditPage />
              </Route>
              <Route path="/console/settings">
                <SettingsPage />
              </Route>
              <Route>
                <NotFound />
              </Route>
            </Switch>
          </Suspense>
        </Boundary>
      </div>
    </div>
  );
}

function Waiting() {
  return (
    <main id="main" className="page">
      <Skeleton lines={6} />
    </main>
  );
}
