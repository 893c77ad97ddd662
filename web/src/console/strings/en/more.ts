// The words of pages that are not opened first, in English: loaded with the first of them.
import { budgets, identity } from './account';
import { persona, state, trial, vectors, versions } from './manage';
import { accounts, health, templates } from './operator';

export const more = { versions, trial, vectors, persona, state, budgets, identity, accounts, templates, health };
