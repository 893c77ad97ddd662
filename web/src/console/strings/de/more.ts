// Die Wörter der Seiten, die nicht als erste geöffnet werden, auf Deutsch.
import type { MoreStrings } from '../more';
import { budgets, identity } from './account';
import { persona, state, trial, vectors, versions } from './manage';
import { accounts, health, templates } from './operator';

export const more: MoreStrings = { versions, trial, vectors, persona, state, budgets, identity, accounts, templates, health };
