// Copies a text; a browser may refuse, and has no clipboard at all for a page that came over plain HTTP.
import { useState } from 'react';

import { useStrings } from '../strings';
import { useToasts } from './Toasts';

export function useCopy(): { readonly isCopied: boolean; copy(text: string): Promise<void> } {
  const t = useStrings();
  const toasts = useToasts();
  const [isCopied, setIsCopied] = useState(false);
  const copy = async (text: string) => {
    try {
      await navigator.clipboard.writeText(text);
      setIsCopied(true);
    } catch {
      setIsCopied(false);
      toasts.failed(new Error(t.errors.copy));
    }
  };
  return { isCopied, copy };
}
