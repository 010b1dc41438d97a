import { Field } from '@base-ui/react/field'
import type { ComponentProps, ReactNode } from 'react'
import './form.css'

interface TextFieldProps extends Omit<ComponentProps<'input'>, 'onChange' | 'value'> {
  readonly label: string
  readonly hint?: string
  readonly value: string
  readonly onText: (text: string) => void
}

/** A labelled line of text with an optional hint, tied together for screen readers by Base UI's Field. */
export function TextField({ label, hint, value, onText, className = '', ...rest }: TextFieldProps): ReactNode {
  return (
    <Field.Root className={`form-field ${className}`}>
      <Field.Label className="form-label">{label}</Field.Label>
      <Field.Control
        className="field"
        value={value}
        spellCheck={false}
        autoComplete="off"
        onValueChange={(text) => onText(text)}
        {...(rest as object)}
      />
      {hint && <Field.Description className="form-hint">{hint}</Field.Description>}
    </Field.Root>
  )
}

interface ChoiceProps<T extends string> {
  readonly legend: string
  readonly value: T
  readonly choices: readonly (readonly [T, string])[]
  readonly onChoice: (value: T) => void
}

interface SelectProps<T extends string> {
  readonly label: string
  readonly className?: string
  readonly value: T
  readonly choices: readonly (readonly [T, string])[]
  readonly onChoice: (value: T) => void
}

/** One of many, as the system shows such lists. */
export function SelectField<T extends string>({
  label,
  className = '',
  value,
  choices,
  onChoice,
}: SelectProps<T>): ReactNode {
  return (
    <label className={`form-field ${className}`}>
      <span className="form-label">{label}</span>
      <select
        className="field"
        value={value}
        onChange={(event) => onChoice(choices[event.currentTarget.selectedIndex]?.[0] ?? value)}
      >
        {choices.map(([one, text]) => (
          <option key={one} value={one}>
            {text}
          </option>
        ))}
      </select>
    </label>
  )
}

/** One of two or three, all in sight. */
export function SegmentedChoice<T extends string>({ legend, value, choices, onChoice }: ChoiceProps<T>): ReactNode {
  return (
    <fieldset className="form-field form-choice">
      <legend className="form-label">{legend}</legend>
      <div className="segments">
        {choices.map(([one, text]) => (
          <label key={one}>
            <input
              type="radio"
              name={legend}
              className="visually-hidden"
              checked={value === one}
              onChange={() => onChoice(one)}
            />
            {text}
          </label>
        ))}
      </div>
    </fieldset>
  )
}
