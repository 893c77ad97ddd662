// What opens above the page: dialogs, and menus.
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Dialog as AriaDialog, Heading, Menu as AriaMenu, MenuItem, MenuTrigger, Modal, ModalOverlay, Popover } from 'react-aria-components';

import { useStrings } from '../strings';
import { Button, IconButton } from './Button';

interface DialogProps {
  readonly title: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly size?: 's' | 'm' | 'l' | 'side';
  /** Whether a click beside it, or Escape, closes it. */
  readonly isDismissable?: boolean;
  /** It stays until what it has begun is answered. */
  readonly isPending?: boolean;
}

export function Dialog({ title, isOpen, onClose, children, size = 'm', isDismissable = true, isPending = false }: DialogProps) {
  const t = useStrings();
  const mayLeave = isDismissable && !isPending;
  return (
    <ModalOverlay
      className={`overlay${size === 'side' ? ' side' : ''}`}
      isOpen={isOpen}
      onOpenChange={(open) => !open && onClose()}
      isDismissable={mayLeave}
      isKeyboardDismissDisabled={!mayLeave}
    >
      <Modal className={`modal ${size}`}>
        <AriaDialog className="dialog">
          <header>
            <Heading slot="title" level={2}>
              {title}
            </Heading>
            <IconButton icon={X} label={t.common.close} onPress={onClose} isDisabled={isPending} />
          </header>
          <div className="body">{children}</div>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

interface ConfirmProps {
  readonly title: string;
  readonly text: string;
  readonly action: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onConfirm: () => void;
}

/** Asks before something that cannot be undone. */
export function Confirm({ title, text, action, isOpen, onClose, onConfirm }: ConfirmProps) {
  const t = useStrings();
  return (
    <ModalOverlay className="overlay" isOpen={isOpen} onOpenChange={(open) => !open && onClose()} isDismissable>
      <Modal className="modal s">
        <AriaDialog role="alertdialog" className="dialog">
          <header>
            <Heading slot="title" level={2}>
              {title}
            </Heading>
          </header>
          <div className="body">
            <p>{text}</p>
            <div className="actions">
              <Button onPress={onClose}>{t.common.cancel}</Button>
              <Button
                kind="danger"
                onPress={() => {
                  onClose();
                  onConfirm();
                }}
              >
                {action}
              </Button>
            </div>
          </div>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

export interface MenuEntry {
  readonly id: string;
  readonly label: string;
  readonly isDanger?: boolean;
  readonly onAction: () => void;
}

export function Menu({ trigger, entries, label }: { readonly trigger: ReactNode; readonly entries: readonly MenuEntry[]; readonly label: string }) {
  return (
    <MenuTrigger>
      {trigger}
      <Popover className="popover" placement="bottom end" offset={4}>
        <AriaMenu className="options" aria-label={label} items={entries} onAction={(key) => entries.find(({ id }) => id === key)?.onAction()}>
          {(entry) => (
            <MenuItem id={entry.id} className={`option${entry.isDanger ? ' danger' : ''}`}>
              {entry.label}
            </MenuItem>
          )}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  );
}
