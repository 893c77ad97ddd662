// Buttons: with words, or with an icon and a name for those who do not see it.
import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button as AriaButton, type ButtonProps as AriaProps } from 'react-aria-components';

interface Props extends Omit<AriaProps, 'children' | 'className'> {
  readonly kind?: 'primary' | 'secondary' | 'quiet' | 'danger';
  readonly size?: 'm' | 's';
  readonly icon?: LucideIcon;
  readonly children: ReactNode;
}

export function Button({ kind = 'secondary', size = 'm', icon: Icon, children, ...props }: Props) {
  return (
    <AriaButton {...props} className={`button ${kind} ${size}`}>
      {Icon && <Icon aria-hidden size={size === 's' ? 14 : 16} />}
      <span>{children}</span>
    </AriaButton>
  );
}

interface IconProps extends Omit<AriaProps, 'children' | 'className'> {
  readonly icon: LucideIcon;
  readonly label: string;
  /** What those see who point at it, where the label is long. */
  readonly tip?: string;
  readonly isActive?: boolean;
  readonly size?: number;
}

export function IconButton({ icon: Icon, label, tip = label, isActive = false, size = 16, ...props }: IconProps) {
  return (
    <AriaButton {...props} aria-label={label} className={`icon-button${isActive ? ' active' : ''}`}>
      <Icon aria-hidden size={size} />
      <span className="tip" aria-hidden>
        {tip}
      </span>
    </AriaButton>
  );
}
