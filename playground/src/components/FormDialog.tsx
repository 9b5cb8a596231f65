/** A dialog with a form: its fields, what failed, and its two buttons. */
import type { FormEvent, ReactNode } from "react"
import { Dialog } from "./Dialog.js"
import { Failure } from "./Failure.js"
import type { Submit } from "./useSubmit.js"

export interface FormDialogProps<Input> extends Submit<Input> {
  readonly title: string
  /** The id of what is edited, to copy. */
  readonly of?: string | undefined
  /** The name of the button that submits. */
  readonly action: string
  readonly isDangerous?: boolean | undefined
  /** What is submitted; undefined if a field is not right. */
  readonly input: Input | undefined
  readonly onClose: () => void
  readonly children: ReactNode
}

export const FormDialog = <Input,>(props: FormDialogProps<Input>) => {
  const { action, cause, children, input, isDangerous = false, isWaiting, of, onClose, submit, title } = props
  const onSubmit = (event: FormEvent) => {
    event.preventDefault()
    if (input !== undefined && !isWaiting) submit(input)
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form className="fields" onSubmit={onSubmit}>
        {of === undefined ? null : <p className="hint mono">{of}</p>}
        {children}
        {cause === undefined ? null : <Failure cause={cause} />}
        <div className="actions">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button
            type="submit"
            className={isDangerous ? "danger" : "primary"}
            disabled={input === undefined || isWaiting}
          >
            {action}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
