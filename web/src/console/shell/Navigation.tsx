// The pages, who is here, and how the page looks.
import {
  Activity,
  BookOpen,
  Building2,
  ChartNoAxesColumn,
  HeartPulse,
  Languages,
  LayoutTemplate,
  LogOut,
  type LucideIcon,
  MessageSquare,
  Settings,
  ScrollText,
  SquareTerminal,
  SunMoon,
  UserCheck,
  UserRound,
  Users,
  Wrench,
} from 'lucide-react';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';

import { type Role, useIsAtLeast, useIsOutside, useSession } from '../api/session';
import { LANGUAGES, type LanguageCode, useStrings } from '../strings';
import { loadTheme, saveTheme, THEMES } from '../theme';
import { useApprovalCount } from '../tools/approvals';
import { Button, IconButton } from '../ui/Button';
import { Menu } from '../ui/Overlays';
import { Logo } from '../ui/Status';
import { useActIn } from './account';

interface Entry {
  readonly path: 'chat' | 'agents' | 'knowledge' | 'tools' | 'approvals' | 'people' | 'runs' | 'usage' | 'audit' | 'settings' | 'accounts' | 'templates' | 'health';
  readonly icon: LucideIcon;
  readonly role: Role;
}

const GROUPS: readonly (readonly Entry[])[] = [
  [{ path: 'chat', icon: MessageSquare, role: 'READER' }],
  [
    { path: 'agents', icon: Users, role: 'READER' },
    { path: 'knowledge', icon: BookOpen, role: 'READER' },
    { path: 'tools', icon: Wrench, role: 'READER' },
    { path: 'approvals', icon: UserCheck, role: 'ADMIN' },
  ],
  [
    { path: 'people', icon: UserRound, role: 'ADMIN' },
    { path: 'runs', icon: Activity, role: 'READER' },
    { path: 'usage', icon: ChartNoAxesColumn, role: 'ADMIN' },
    { path: 'audit', icon: ScrollText, role: 'ADMIN' },
  ],
];

/** What an operator sees in every account. */
const OPERATORS: readonly Entry[] = [
  { path: 'accounts', icon: Building2, role: 'OPERATOR' },
  { path: 'templates', icon: LayoutTemplate, role: 'OPERATOR' },
  { path: 'health', icon: HeartPulse, role: 'OPERATOR' },
];

/** What an operator sees who acts in no customer's account: the runs are those of all accounts, everything else is the operator's own. */
const OUTSIDE: readonly (readonly Entry[])[] = [OPERATORS, GROUPS.flat().filter(({ path }) => ['tools', 'runs', 'audit'].includes(path))];

export function Navigation({ onLanguage }: { readonly onLanguage: (code: LanguageCode) => void }) {
  const t = useStrings();
  const { viewer } = useSession();
  const actIn = useActIn();
  const isOperator = useIsAtLeast('OPERATOR');
  const isOutside = useIsOutside();
  const [isMember, isAdmin] = [useIsAtLeast('MEMBER'), useIsAtLeast('ADMIN')];
  const [theme, setTheme] = useState(loadTheme);
  const mayOpen = ({ role }: Entry) => role === 'READER' || (role === 'MEMBER' && isMember) || isAdmin;
  return (
    <nav className="sidebar" aria-label={t.shell.pages}>
      <div className="brand">
        <Logo />
        <div>
          <b>{isOutside ? 'Troupe' : viewer.account?.name}</b>
          <small>
            {t.roles[viewer.role]}
            {viewer.apiKey && ` · ${viewer.apiKey.name}`}
          </small>
        </div>
      </div>
      {isOperator && !isOutside && (
        <Button size="s" icon={LogOut} onPress={() => actIn(null, '/console/accounts')}>
          {t.shell.leaveAccount}
        </Button>
      )}
      {(isOutside ? OUTSIDE : GROUPS).map((entries) => (
        <ul key={entries[0]!.path}>
          {entries.filter(mayOpen).map((entry) => (
            <Item key={entry.path} entry={entry} />
          ))}
        </ul>
      ))}
      {isOperator && !isOutside && (
        <ul>
          {OPERATORS.map((entry) => (
            <Item key={entry.path} entry={entry} />
          ))}
        </ul>
      )}
      <ul className="last">
        {isAdmin && <Item entry={{ path: 'settings', icon: Settings, role: 'ADMIN' }} />}
        <li>
          {/* the explorer is a page of its own, with the key of this tab */}
          <a href="/graphiql" className="nav-link">
            <SquareTerminal aria-hidden size={17} />
            <span>{t.nav.explorer}</span>
          </a>
        </li>
      </ul>
      <Preferences theme={theme} onTheme={(next) => (saveTheme(next), setTheme(next))} onLanguage={onLanguage} />
    </nav>
  );
}

function Item({ entry: { path, icon: Icon } }: { readonly entry: Entry }) {
  const t = useStrings();
  const [location] = useLocation();
  const isHere = location === `/console/${path}` || location.startsWith(`/console/${path}/`);
  return (
    <li>
      <Link href={`/console/${path}`} className="nav-link" aria-current={isHere ? 'page' : undefined}>
        <Icon aria-hidden size={17} />
        <span>{t.nav[path]}</span>
        {path === 'approvals' && <ApprovalCount />}
      </Link>
    </li>
  );
}

function ApprovalCount() {
  const t = useStrings();
  const count = useApprovalCount();
  return count > 0 ? <span className="count" aria-label={t.approvals.waiting(count)}>{count}</span> : null;
}

interface PreferencesProps {
  readonly theme: ReturnType<typeof loadTheme>;
  readonly onTheme: (theme: ReturnType<typeof loadTheme>) => void;
  readonly onLanguage: (code: LanguageCode) => void;
}

function Preferences({ theme, onTheme, onLanguage }: PreferencesProps) {
  const t = useStrings();
  const { signOut } = useSession();
  return (
    <div className="preferences">
      <Menu
        label={t.shell.theme}
        trigger={<IconButton icon={SunMoon} label={`${t.shell.theme}: ${t.shell.themes[theme]}`} />}
        entries={THEMES.map((id) => ({ id, label: t.shell.themes[id], onAction: () => onTheme(id) }))}
      />
      <Menu
        label={t.shell.language}
        trigger={<IconButton icon={Languages} label={t.shell.language} />}
        entries={LANGUAGES.map(({ code, name }) => ({ id: code, label: name, onAction: () => onLanguage(code) }))}
      />
      <IconButton icon={LogOut} label={t.shell.signOut} onPress={signOut} />
    </div>
  );
}
