// Short messages at the edge of the page, read aloud politely: what was done, or why it was not.
import { X } from 'lucide-react';
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';

import { useStrings } from '../strings';
import { IconButton } from './Button';
import { messageOf } from './errors';

interface Toast {
  readonly id: number;
  readonly kind: 'good' | 'bad';
  readonly text: string;
}

export interface Toasts {
  done(text: string): void;
  failed(error: unknown): void;
}

const STAYS_MS = 5_000;
const Context = createContext<Toasts | null>(null);
let count = 0;

export function ToastProvider({ children }: { readonly children: ReactNode }) {
  const t = useStrings();
  const [shown, setShown] = useState<readonly Toast[]>([]);
  const drop = useCallback((id: number) => setShown((known) => known.filter((toast) => toast.id !== id)), []);
  const add = useCallback(
    (kind: Toast['kind'], text: string) => {
      const id = (count += 1);
      setShown((known) => [...known.slice(-3), { id, kind, text }]);
      // what went wrong stays until it is closed
      if (kind === 'good') setTimeout(() => drop(id), STAYS_MS);
    },
    [drop],
  );
  const toasts = useMemo<Toasts>(
    () => ({ done: (text) => add('good', text), failed: (error) => add('bad', messageOf(error, t).text) }),
    [add, t],
  );
  return (
    <Context.Provider value={toasts}>
      {children}
      <div className="toasts" aria-live="polite">
        {shown.map(({ id, kind, text }) => (
          <div key={id} className={`toast ${kind}`}>
            <span>{text}</span>
            <IconButton icon={X} label={t.common.close} onPress={() => drop(id)} size={14} />
          </div>
        ))}
      </div>
    </Context.Provider>
  );
}

export function useToasts(): Toasts {
  const toasts = useContext(Context);
  if (!toasts) throw new Error('there is no ToastProvider above this component');
  return toasts;
}
