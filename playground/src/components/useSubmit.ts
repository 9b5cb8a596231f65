/** A write of a form: whether it is on its way, and why it failed. */
import { type Atom, type Result, useAtomSet } from "@effect-atom/atom-react"
import type * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import { useState } from "react"

export interface Submit<Input> {
  readonly submit: (input: Input) => void
  readonly isWaiting: boolean
  readonly cause: Cause.Cause<unknown> | undefined
}

/** Writes an input into the atom of a function, and calls `onDone` if that succeeds. */
export const useSubmit = <A, E, Input>(
  atom: Atom.Writable<Result.Result<A, E>, Input>,
  onDone: () => void
): Submit<Input> => {
  const write = useAtomSet(atom, { mode: "promiseExit" })
  const [isWaiting, setIsWaiting] = useState(false)
  const [cause, setCause] = useState<Cause.Cause<unknown>>()
  const submit = (input: Input) => {
    setIsWaiting(true)
    setCause(undefined)
    void write(input).then((exit) => {
      setIsWaiting(false)
      if (Exit.isSuccess(exit)) onDone()
      else setCause(exit.cause)
    })
  }
  return { submit, isWaiting, cause }
}
