/** A write of a form: whether it is on its way, and why it failed. */
import { type Atom, type Result, useAtomSet } from "@effect-atom/atom-react"
import type * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import { useRef, useState } from "react"

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
  // A second click may come before the first is drawn.
  const isOnItsWay = useRef(false)
  const submit = (input: Input) => {
    if (isOnItsWay.current) return
    isOnItsWay.current = true
    setIsWaiting(true)
    setCause(undefined)
    void write(input).then((exit) => {
      isOnItsWay.current = false
      setIsWaiting(false)
      if (Exit.isSuccess(exit)) onDone()
      else setCause(exit.cause)
    })
  }
  return { submit, isWaiting, cause }
}
