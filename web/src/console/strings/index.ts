// The words of the console, in the language of the person. English is the source; a language is loaded when it is chosen.
import { createContext, useContext } from 'react';

import type { en } from './en/index';

export type Strings = typeof en;
export type LanguageCode = 'en' | 'de';

export interface Language {
  readonly code: LanguageCode;
  readonly strings: Strings;
}

export const LANGUAGES: readonly { code: LanguageCode; name: string }[] = [
  { code: 'en', name: 'English' },
  { code: 'de', name: 'Deutsch' },
];

const STORAGE_KEY = 'troupe:language';

export const LanguageContext = createContext<Language | null>(null);

/** The words. */
export function useStrings(): Strings {
  const language = useContext(LanguageContext);
  if (!language) throw new Error('there is no language above this component');
  return language.strings;
}

export async function loadLanguage(code: LanguageCode): Promise<Language> {
  const strings = code === 'de' ? (await import('./de/index')).de : (await import('./en/index')).en;
  document.documentElement.lang = code;
  return { code, strings };
}

/** The language that was chosen, or else the first of the browser's that there is. */
export function startLanguage(): Promise<Language> {
  const wanted = [stored(), ...navigator.languages.map((tag) => tag.slice(0, 2))];
  const code = wanted.flatMap((tag) => LANGUAGES.filter((language) => language.code === tag))[0]?.code ?? 'en';
  return loadLanguage(code);
}

export function saveLanguage(code: LanguageCode): void {
  try {
    localStorage.setItem(STORAGE_KEY, code);
  } catch {
    // the choice then ends with the page
  }
}

function stored(): string | null {
  try {
    return localStorage.getItem(STORAGE_KEY);
  } catch {
    return null;
  }
}
