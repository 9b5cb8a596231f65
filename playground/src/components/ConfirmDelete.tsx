/** Asks before something is deleted. */
import type { Atom, Result } from "@effect-atom/atom-react"
import { FormDialog } from "./FormDialog.js"
import { useSubmit } from "./useSubmit.js"

export interface ConfirmDeleteProps<Id> {
  /** The thing, such as "the agent Ada". */
  readonly what: string
  /** What goes with it, as a sentence. */
  readonly consequence: string
  readonly id: Id
  readonly remove: Atom.Writable<Result.Result<void, unknown>, Id>
  readonly onClose: () => void
}

export const ConfirmDelete = <Id,>({ consequence, id, onClose, remove, what }: ConfirmDeleteProps<Id>) => {
  const submitting = useSubmit(remove, onClose)
  return (
    <FormDialog title={`Delete ${what}?`} action="Delete" isDangerous {...submitting} input={id} onClose={onClose}>
      <p>{consequence} This cannot be undone.</p>
    </FormDialog>
  )
}
