// Fields of forms: a label, a description, and what is wrong with the value.
import { ChevronDown, Search, X } from 'lucide-react';
import type { ReactNode } from 'react';
import {
  Button,
  Checkbox as AriaCheckbox,
  FieldError,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  SearchField as AriaSearchField,
  Select as AriaSelect,
  SelectValue,
  Text,
  TextArea,
  TextField as AriaTextField,
} from 'react-aria-components';

interface Common {
  readonly label: ReactNode;
  readonly description?: ReactNode;
  readonly problem?: string | undefined;
  readonly isRequired?: boolean;
  readonly isDisabled?: boolean;
}

interface TextProps extends Common {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly type?: 'text' | 'password' | 'number' | 'datetime-local' | 'url';
  readonly placeholder?: string | undefined;
  readonly rows?: number;
  readonly name?: string;
  readonly autoFocus?: boolean;
  readonly autoComplete?: string;
  readonly maxLength?: number | undefined;
  readonly inputMode?: 'decimal' | 'numeric';
}

export function TextField({ label, description, problem, placeholder, rows, inputMode, ...props }: TextProps) {
  return (
    <AriaTextField {...props} className="field" isInvalid={problem !== undefined} validationBehavior="aria">
      <Label>{label}</Label>
      {description && (
        <Text slot="description" className="description">
          {description}
        </Text>
      )}
      {rows ? (
        <TextArea className="input" rows={rows} placeholder={placeholder} />
      ) : (
        <Input className="input" placeholder={placeholder} inputMode={inputMode} />
      )}
      <FieldError className="problem">{problem}</FieldError>
    </AriaTextField>
  );
}

export interface Option {
  readonly id: string;
  readonly name: string;
  readonly hint?: string | undefined;
}

interface SelectProps extends Common {
  readonly options: readonly Option[];
  readonly value: string | null;
  readonly onChange: (value: string) => void;
  readonly placeholder?: string | undefined;
  /** For bars, where the label is read but not shown. */
  readonly isCompact?: boolean;
}

export function Select({ label, description, problem, options, value, onChange, isCompact = false, ...props }: SelectProps) {
  return (
    <AriaSelect
      {...props}
      className={`field${isCompact ? ' compact' : ''}`}
      value={value}
      onChange={(key) => key !== null && onChange(String(key))}
      isInvalid={problem !== undefined}
      validationBehavior="aria"
    >
      <Label className={isCompact ? 'visually-hidden' : 'label'}>{label}</Label>
      {description && (
        <Text slot="description" className="description">
          {description}
        </Text>
      )}
      <Button className="input select">
        <SelectValue />
        <ChevronDown aria-hidden size={16} />
      </Button>
      <FieldError className="problem">{problem}</FieldError>
      <Popover className="popover" offset={4}>
        <ListBox className="options" items={options}>
          {(option) => (
            <ListBoxItem id={option.id} textValue={option.name} className="option">
              <Text slot="label">{option.name}</Text>
              {option.hint && (
                <Text slot="description" className="hint">
                  {option.hint}
                </Text>
              )}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}

interface SearchProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly onSubmit?: (value: string) => void;
  readonly clearLabel: string;
}

export function SearchField({ label, clearLabel, ...props }: SearchProps) {
  return (
    <AriaSearchField {...props} aria-label={label} className="search">
      <Search aria-hidden size={15} />
      <Input className="input" placeholder={label} />
      <Button className="icon-button" aria-label={clearLabel}>
        <X aria-hidden size={14} />
      </Button>
    </AriaSearchField>
  );
}

interface CheckboxProps {
  readonly children: ReactNode;
  readonly value: boolean;
  readonly onChange: (value: boolean) => void;
  readonly isDisabled?: boolean;
}

export function Checkbox({ children, value, onChange, isDisabled }: CheckboxProps) {
  return (
    <AriaCheckbox className="checkbox" isSelected={value} onChange={onChange} isDisabled={isDisabled}>
      {({ isSelected }) => (
        <>
          <span className="box" aria-hidden>
            {isSelected && (
              <svg viewBox="0 0 16 16" width="12" height="12">
                <path d="M3 8.5 6.5 12 13 4.5" fill="none" stroke="currentColor" strokeWidth="2.4" />
              </svg>
            )}
          </span>
          <span>{children}</span>
        </>
      )}
    </AriaCheckbox>
  );
}
