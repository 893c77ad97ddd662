// The words in English: the source of every language. A file for each area.
import { chat, handoff, route } from './chat';
import { agents, availability, schemaForm } from './agents';
import { approvals, knowledge, tools } from './knowledge';
import { audit, runs, settings, usage } from './operations';
import { link } from './link';
import { people } from './people';
import { common, errors, nav, roles, shell, signIn } from './shell';

export const en = { common, errors, nav, roles, shell, signIn, link, chat, route, handoff, agents, availability, schemaForm, knowledge, tools, approvals, people, runs, usage, audit, settings };
