/** Fields of forms, with their labels. */
import { type ReactNode, useId } from "react"

interface FieldProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly placeholder?: string | undefined
  /** What the value means, or why it is not right. */
  readonly hint?: ReactNode
  readonly isWrong?: boolean | undefined
}

export interface TextFieldProps extends FieldProps {
  readonly isRequired?: boolean | undefined
  readonly inputMode?: "decimal" | "numeric" | undefined
}

const Hint = ({ children, id }: { readonly children: ReactNode; readonly id: string }) => (
  <p className="hint" id={id}>
    {children}
  </p>
)

export const TextField = (props: TextFieldProps) => {
  const id = useId()
  const { hint, inputMode, isRequired, isWrong, label, onChange, placeholder, value } = props
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        value={value}
        onChange={({ target }) => onChange(target.value)}
        placeholder={placeholder}
        inputMode={inputMode}
        required={isRequired}
        aria-invalid={isWrong}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        autoComplete="off"
      />
      {hint === undefined ? null : <Hint id={`${id}-hint`}>{hint}</Hint>}
    </div>
  )
}

export interface TextAreaProps extends FieldProps {
  readonly rows: number
  readonly isCode?: boolean | undefined
}

export const TextArea = (props: TextAreaProps) => {
  const id = useId()
  const { hint, isCode = false, isWrong, label, onChange, placeholder, rows, value } = props
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <textarea
        id={id}
        rows={rows}
        className={isCode ? "mono" : undefined}
        value={value}
        onChange={({ target }) => onChange(target.value)}
        placeholder={placeholder}
        spellCheck={!isCode}
        aria-invalid={isWrong}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
      />
      {hint === undefined ? null : <Hint id={`${id}-hint`}>{hint}</Hint>}
    </div>
  )
}

export const Checkbox = (props: {
  readonly label: string
  readonly isOn: boolean
  readonly onChange: (isOn: boolean) => void
}) => {
  const id = useId()
  return (
    <div className="switch">
      <input id={id} type="checkbox" checked={props.isOn} onChange={({ target }) => props.onChange(target.checked)} />
      <label htmlFor={id}>{props.label}</label>
    </div>
  )
}
