// What a page shows while there is nothing else: loading, nothing there, something wrong.
import { type LucideIcon, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';

import { useStrings } from '../strings';
import { Button } from './Button';
import { messageOf } from './errors';

export function Skeleton({ lines = 3, label }: { readonly lines?: number; readonly label?: string }) {
  const t = useStrings();
  return (
    <div className="skeleton" role="status" aria-label={label ?? t.common.loading}>
      {Array.from({ length: lines }, (_, index) => (
        <i key={index} aria-hidden />
      ))}
    </div>
  );
}

export function SplashScreen() {
  const t = useStrings();
  return (
    <main className="splash" role="status" aria-label={t.common.loading}>
      <Logo />
    </main>
  );
}

export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 32 32" aria-hidden width="28" height="28">
      <rect width="32" height="32" rx="8" className="ground" />
      <g className="figures">
        <circle cx="16" cy="10" r="4" />
        <circle cx="8.5" cy="13" r="2.6" opacity=".75" />
        <circle cx="23.5" cy="13" r="2.6" opacity=".75" />
        <path d="M9 25c0-5 3-8 7-8s7 3 7 8z" />
      </g>
    </svg>
  );
}

interface EmptyProps {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}

export function Empty({ icon: Icon, title, children, action }: EmptyProps) {
  return (
    <div className="empty">
      <Icon aria-hidden size={26} strokeWidth={1.6} />
      <h3>{title}</h3>
      {children && <p>{children}</p>}
      {action}
    </div>
  );
}

export function ErrorNote({ error, onRetry }: { readonly error: unknown; readonly onRetry?: (() => void) | undefined }) {
  const t = useStrings();
  const { text, reference } = messageOf(error, t);
  return (
    <div className="note bad" role="alert">
      <TriangleAlert aria-hidden size={18} />
      <div>
        <p>{text}</p>
        {reference && <p className="fine">{t.common.reference(reference)}</p>}
      </div>
      {onRetry && (
        <Button size="s" onPress={onRetry}>
          {t.common.tryAgain}
        </Button>
      )}
    </div>
  );
}

export function Note({ kind, children }: { readonly kind: 'warn' | 'info' | 'good'; readonly children: ReactNode }) {
  return (
    <div className={`note ${kind}`}>
      <div>{children}</div>
    </div>
  );
}

export function Badge({ kind = 'plain', children }: { readonly kind?: 'plain' | 'good' | 'warn' | 'bad' | 'info' | 'accent'; readonly children: ReactNode }) {
  return <span className={`badge ${kind}`}>{children}</span>;
}
