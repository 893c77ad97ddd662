// Words that the first page does not need: they come with the page that shows them, so that the first load stays small.
import { use, useContext } from 'react';

import type { more as en } from './en/more';
import { LanguageContext, type LanguageCode } from './index';

export type MoreStrings = typeof en;

const loaded = new Map<LanguageCode, Promise<MoreStrings>>();

function load(code: LanguageCode): Promise<MoreStrings> {
  const known = loaded.get(code);
  if (known) return known;
  const coming = code === 'de' ? import('./de/more').then(({ more }) => more) : import('./en/more').then(({ more }) => more);
  loaded.set(code, coming);
  // a load that failed is tried again by the next page
  coming.catch(() => loaded.delete(code));
  return coming;
}

/** The words of the page; it waits for them as it waited for its code. */
export function useMoreStrings(): MoreStrings {
  const language = useContext(LanguageContext);
  if (!language) throw new Error('there is no language above this component');
  return use(load(language.code));
}
