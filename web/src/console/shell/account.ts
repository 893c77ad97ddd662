// Of an operator: the way into an account, and out of it.
import { useLocation } from 'wouter';

import { useSession } from '../api/session';
import { useToasts } from '../ui/Toasts';

/** Acts in this account, or in none, and goes to a page there. */
export function useActIn(): (accountId: string | null, path?: string) => void {
  const { actIn } = useSession();
  const toasts = useToasts();
  const [, navigate] = useLocation();
  return (accountId, path) =>
    void actIn(accountId).then(
      () => path && navigate(path),
      (thrown) => toasts.failed(thrown),
    );
}
