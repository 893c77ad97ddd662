// The person's conversations: live, searchable, with what is unread, and what can be done with each.
import type { ConversationFields } from '@troupe/client';
import { useConversations } from '@troupe/react';
import { Archive, Ellipsis, Inbox, MessageSquarePlus } from 'lucide-react';
import { type FormEvent, memo, useDeferredValue, useState } from 'react';
import { Link, useLocation } from 'wouter';

import { useStrings } from '../strings';
import { Button, IconButton } from '../ui/Button';
import { Chunked } from '../ui/Chunked';
import { SearchField, TextField } from '../ui/Fields';
import { Confirm, Dialog, Menu } from '../ui/Overlays';
import { Empty, ErrorNote, Skeleton } from '../ui/Status';
import { Time } from '../ui/Time';

interface Props {
  readonly id: string | null;
  readonly endUser: string | undefined;
  readonly mayWrite: boolean;
}

type Asking = { readonly what: 'rename' | 'remove'; readonly conversation: ConversationFields };

export const ConversationList = memo(function ConversationList({ id, endUser, mayWrite }: Props) {
  const t = useStrings();
  const [, navigate] = useLocation();
  const [text, setText] = useState('');
  const search = useDeferredValue(text.trim()).slice(0, 200) || undefined;
  const [archived, setArchived] = useState(false);
  const [asking, setAsking] = useState<Asking | null>(null);
  const list = useConversations({ search, archived, endUser, pageSize: 40 });
  const left = (gone: string) => {
    if (gone === id) navigate('/console/chat');
  };
  return (
    <aside className="conversations" data-scroller aria-label={t.chat.conversations}>
      <div className="conversations-head">
        <Link href="/console/chat" className="button primary m">
          <MessageSquarePlus aria-hidden size={16} />
          <span>{t.chat.new}</span>
        </Link>
        <IconButton icon={archived ? Inbox : Archive} label={archived ? t.chat.showCurrent : t.chat.showArchived} onPress={() => setArchived(!archived)} />
      </div>
      <SearchField label={t.chat.search} value={text} onChange={setText} clearLabel={t.common.clear} />
      {archived && <p className="fine">{t.chat.archivedOnes}</p>}
      {list.error && (list.conversations.length === 0 || !list.isCut) && <ErrorNote error={list.error} onRetry={() => void list.reload()} />}
      {list.isLoading && list.conversations.length === 0 && <Skeleton lines={6} />}
      {!list.isLoading && !list.error && list.conversations.length === 0 && (
        <Empty icon={Inbox} title={search ? t.chat.nothingFound : archived ? t.chat.noArchived : t.chat.noConversations} />
      )}
      <Chunked items={list.conversations} list="ul" estimate={52} opensAt="start">
        {(conversation) => (
          <Row
            key={conversation.id}
            conversation={conversation}
            isHere={conversation.id === id}
            mayWrite={mayWrite}
            onAsk={(what) => setAsking({ what, conversation })}
            onArchive={() => void list.archive(conversation.id, !archived).then((isDone) => isDone && left(conversation.id))}
            archiveLabel={archived ? t.chat.unarchive : t.chat.archive}
          />
        )}
      </Chunked>
      {list.hasMore && (
        <div className="more">
          <Button size="s" onPress={() => void list.loadMore()}>
            {t.common.more}
          </Button>
        </div>
      )}
      {asking?.what === 'rename' && (
        <Rename conversation={asking.conversation} onClose={() => setAsking(null)} onRename={(title) => void list.rename(asking.conversation.id, title)} />
      )}
      <Confirm
        isOpen={asking?.what === 'remove'}
        title={t.chat.removeTitle}
        text={t.chat.removeText(asking?.conversation.title ?? '')}
        action={t.common.delete}
        onClose={() => setAsking(null)}
        onConfirm={() => asking && void list.remove(asking.conversation.id).then((isDone) => isDone && left(asking.conversation.id))}
      />
    </aside>
  );
});

interface RowProps {
  readonly conversation: ConversationFields;
  readonly isHere: boolean;
  readonly mayWrite: boolean;
  readonly archiveLabel: string;
  readonly onAsk: (what: Asking['what']) => void;
  readonly onArchive: () => void;
}

function Row({ conversation, isHere, mayWrite, archiveLabel, onAsk, onArchive }: RowProps) {
  const t = useStrings();
  const { id, title, agent, unread, lastMessage, activeRun, updatedAt } = conversation;
  const entries = [
    { id: 'rename', label: t.chat.rename, onAction: () => onAsk('rename') },
    { id: 'archive', label: archiveLabel, onAction: onArchive },
    { id: 'remove', label: t.common.delete, isDanger: true, onAction: () => onAsk('remove') },
  ];
  return (
    <li className={`conversation${isHere ? ' here' : ''}${unread && !isHere ? ' unread' : ''}`}>
      <Link href={`/console/chat/${id}`} aria-current={isHere ? 'page' : undefined}>
        <b>{title ?? t.chat.untitled}</b>
        {unread && !isHere && <span className="visually-hidden">{t.chat.unread}</span>}
        <small>
          {activeRun ? t.chat.answering : (agent?.name ?? t.chat.noAgent)} · <Time at={lastMessage?.createdAt ?? updatedAt} />
        </small>
      </Link>
      {mayWrite && <Menu label={t.chat.actionsFor(title ?? t.chat.untitled)} trigger={<IconButton icon={Ellipsis} label={t.chat.actionsFor(title ?? t.chat.untitled)} />} entries={entries} />}
    </li>
  );
}

interface RenameProps {
  readonly conversation: ConversationFields;
  readonly onClose: () => void;
  readonly onRename: (title: string) => void;
}

function Rename({ conversation, onClose, onRename }: RenameProps) {
  const t = useStrings();
  const [title, setTitle] = useState(conversation.title ?? '');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!title.trim()) return;
    onRename(title.trim());
    onClose();
  };
  return (
    <Dialog title={t.chat.rename} isOpen onClose={onClose} size="s">
      <form onSubmit={submit} className="stack">
        <TextField label={t.chat.title} value={title} onChange={setTitle} maxLength={120} autoFocus />
        <div className="actions">
          <Button onPress={onClose}>{t.common.cancel}</Button>
          <Button kind="primary" type="submit" isDisabled={!title.trim()}>
            {t.common.save}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
