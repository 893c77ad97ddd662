// The pages of operators.
import { lazy } from 'react';
import { Route, Switch } from 'wouter';

import { NotFound } from '../shell/NotFound';

const AccountsPage = lazy(() => import('./AccountsPage'));
const AccountPage = lazy(() => import('./AccountPage'));
const TemplatesPage = lazy(() => import('./TemplatesPage'));
const PublishPage = lazy(() => import('./PublishPage'));
const HealthPage = lazy(() => import('./HealthPage'));

export default function OperatorRoutes() {
  return (
    <Switch>
      <Route path="/console/accounts">
        <AccountsPage />
      </Route>
      <Route path="/console/accounts/:id">{({ id }) => <AccountPage id={id} />}</Route>
      <Route path="/console/templates">
        <TemplatesPage />
      </Route>
      <Route path="/console/templates/new">
        <PublishPage />
      </Route>
      <Route path="/console/health">
        <HealthPage />
      </Route>
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}
