/** The panels of the right side, in the order of their tabs. */
import type { Panel } from "./Panel.js"

export const panels: ReadonlyArray<Panel> = []
