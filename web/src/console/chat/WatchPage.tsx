// A conversation of anybody, as its person sees it and with what the staff may see; nothing can be written in it.
import { TroupeProvider } from '@troupe/react';
import { ArrowLeft } from 'lucide-react';
import { useMemo } from 'react';
import { useLocation } from 'wouter';

import '../styles/chat.css';
import '../styles/messages.css';
import '../styles/markdown.css';
import { useSession } from '../api/session';
import { useStrings } from '../strings';
import { Button } from '../ui/Button';
import { ConversationView } from './ConversationView';
import type { Person } from './person';

const nothing = () => {};

export default function WatchPage({ id }: { readonly id: string }) {
  const t = useStrings();
  const [, navigate] = useLocation();
  const { troupe } = useSession();
  const person = useMemo<Person>(() => ({ client: troupe, endUser: undefined, mayWrite: false, notice: t.chat.watching }), [troupe, t]);
  const back = (
    <Button size="s" icon={ArrowLeft} onPress={() => (history.length > 1 ? history.back() : navigate('/console/runs'))}>
      {t.common.back}
    </Button>
  );
  return (
    <TroupeProvider client={troupe}>
      <div className="chat alone">
        <ConversationView id={id} person={person} agentId={null} onAgent={nothing} draft="" onDraft={nothing} onNamed={nothing} toggle={back} />
      </div>
    </TroupeProvider>
  );
}
