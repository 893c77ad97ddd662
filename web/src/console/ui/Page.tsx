// The frame of a page: its title, what it is for, its actions.
import { type ReactNode, useEffect, useRef } from 'react';

import { hasNavigated } from './navigated';

interface Props {
  readonly title: string;
  readonly intro?: ReactNode;
  readonly back?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  readonly isWide?: boolean;
}

export function Page({ title, intro, back, actions, children, isWide = false }: Props) {
  useTitle(title);
  const main = useRef<HTMLElement>(null);
  // a screen reader goes on with the page that was asked for, and not with the link that led here
  useEffect(() => {
    if (hasNavigated()) main.current?.focus({ preventScroll: true });
  }, []);
  return (
    <main id="main" ref={main} className={`page${isWide ? ' wide' : ''}`} tabIndex={-1}>
      {back && <nav className="back">{back}</nav>}
      <header className="page-header">
        <div>
          <h1>{title}</h1>
          {intro && <p className="intro">{intro}</p>}
        </div>
        {actions && <div className="actions">{actions}</div>}
      </header>
      {children}
    </main>
  );
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title ? `${title} · Troupe` : 'Troupe';
  }, [title]);
}

interface CardProps {
  readonly title?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

export function Card({ title, actions, children }: CardProps) {
  return (
    <section className="card">
      {title && (
        <header>
          <h2>{title}</h2>
          {actions && <div className="actions">{actions}</div>}
        </header>
      )}
      {children}
    </section>
  );
}

/** Names and their values. */
export function Facts({ facts }: { readonly facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
