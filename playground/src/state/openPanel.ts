/** Which panel of the right side is open: its place among the tabs. */
import { Atom } from "@effect-atom/atom-react"

/** The panel that shows the prompt of the selected turn. */
export const PROMPT = 0

export const openPanel = Atom.keepAlive(Atom.make(PROMPT))
