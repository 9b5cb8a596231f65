/** The right side: the panels, for what is selected. */
import { useAtom, useAtomValue } from "@effect-atom/atom-react"
import { panels } from "../panels/index.js"
import { openPanel } from "../state/openPanel.js"
import { selectedTurn } from "../state/selectedTurn.js"
import { selection } from "../state/selection.js"
import { Tabs } from "./Tabs.js"

export const Inspector = () => {
  const [open, setOpen] = useAtom(openPanel)
  const selected = useAtomValue(selection)
  const turn = useAtomValue(selectedTurn)
  const panel = panels[open]
  return panel === undefined ? null : (
    <Tabs label="Inspector" names={panels.map(({ name }) => name)} selected={open} onSelect={setOpen}>
      <panel.Content {...selected} turn={turn} />
    </Tabs>
  )
}
