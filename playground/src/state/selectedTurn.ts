/** The turn that the right side explains. */
import { Atom, Result } from "@effect-atom/atom-react"
import * as Option from "effect/Option"
import { again, turns } from "./conversation.js"
import { selection } from "./selection.js"
import type { Turn } from "./Turn.js"

/** The key of the turn that was selected, and whether its other answer was. */
export interface SelectedKey {
  readonly key: string
  readonly isAgain: boolean
}

export const selectedKey = Atom.keepAlive(Atom.make<SelectedKey | undefined>(undefined))

/** The selected turn of the session, else its last one. */
export const selectedTurn = Atom.make((get): Turn | undefined => {
  const { session } = get(selection)
  if (session === undefined) return undefined
  const all = Option.getOrElse(Result.value(get(turns(session))), (): ReadonlyArray<Turn> => [])
  const selected = get(selectedKey)
  const turn = all.find(({ key }) => key === selected?.key)
  return selected?.isAgain === true && turn !== undefined ? (get(again(turn.key)) ?? turn) : (turn ?? all.at(-1))
})
