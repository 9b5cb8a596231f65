/** The turn that the right side explains. */
import { Atom } from "@effect-atom/atom-react"
import type { Turn } from "./Turn.js"

export const selectedTurn = Atom.keepAlive(Atom.make<Turn | undefined>(undefined))
