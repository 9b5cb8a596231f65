/** A button that deletes a thing of a list, after it has asked. */
import type { Atom, Result } from "@effect-atom/atom-react"
import { useState } from "react"
import { ConfirmDelete } from "../../components/ConfirmDelete.js"
import { IconButton } from "../../components/icons.js"

export interface DeleteButtonProps<Id> {
  /** The thing, such as `the doc "Returns"`. */
  readonly what: string
  /** What goes with it, as a sentence. */
  readonly consequence: string
  readonly id: Id
  readonly remove: Atom.Writable<Result.Result<void, unknown>, Id>
}

export const DeleteButton = <Id,>({ consequence, id, remove, what }: DeleteButtonProps<Id>) => {
  const [isOpen, setIsOpen] = useState(false)
  return (
    <>
      <IconButton icon="delete" label={`Delete ${what}`} onClick={() => setIsOpen(true)} />
      {isOpen ? (
        <ConfirmDelete what={what} consequence={consequence} id={id} remove={remove} onClose={() => setIsOpen(false)} />
      ) : null}
    </>
  )
}
