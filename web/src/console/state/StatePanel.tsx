// The state of a conversation at the side of the chat.
import { useMoreStrings } from '../strings/more';
import { Dialog } from '../ui/Overlays';
import ConversationState from './ConversationState';

interface Props {
  readonly id: string;
  readonly answers: number;
  readonly onClose: () => void;
}

export default function StatePanel({ id, answers, onClose }: Props) {
  const t = useMoreStrings();
  return (
    <Dialog title={t.state.title} isOpen onClose={onClose} size="side">
      <ConversationState id={id} answers={answers} />
    </Dialog>
  );
}
