// The words in German: the proof that another language is one folder.
import type { Strings } from '../index';
import { agents, availability, schemaForm } from './agents';
import { chat, handoff, route } from './chat';
import { approvals, knowledge, tools } from './knowledge';
import { audit, runs, settings, usage } from './operations';
import { link } from './link';
import { people } from './people';
import { common, errors, nav, roles, shell, signIn } from './shell';

export const de: Strings = {
  common,
  errors,
  nav,
  roles,
  shell,
  signIn,
  link,
  chat,
  route,
  handoff,
  agents,
  availability,
  schemaForm,
  knowledge,
  tools,
  approvals,
  people,
  runs,
  usage,
  audit,
  settings,
};
