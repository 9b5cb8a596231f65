/** What a panel of the right side is given. */
import type { ComponentType } from "react"
import type { Selection } from "../state/selection.js"
import type { Turn } from "../state/Turn.js"

export interface PanelProps extends Selection {
  /** The selected turn, by default the last one of the session. */
  readonly turn: Turn | undefined
}

export interface Panel {
  /** The name of its tab. */
  readonly name: string
  readonly Content: ComponentType<PanelProps>
}
