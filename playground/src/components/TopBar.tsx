/** The bar above the panes. On a narrow screen it also switches between them. */
import { useAtom, useAtomSet } from "@effect-atom/atom-react"
import * as Redacted from "effect/Redacted"
import { key } from "../key.js"
import { THEMES, theme } from "../state/theme.js"

export const VIEWS = ["Browse", "Chat", "Inspect"] as const
export type View = (typeof VIEWS)[number]

const NAMES = { system: "System", light: "Light", dark: "Dark" }

export const TopBar = ({ onView, view }: { readonly view: View; readonly onView: (view: View) => void }) => {
  const [chosen, choose] = useAtom(theme)
  const setKey = useAtomSet(key)
  const forget = () => {
    setKey(Redacted.make(""))
    // Nothing that was read with it stays in memory.
    location.reload()
  }
  return (
    <header className="top-bar">
      <h1>effect-julep</h1>
      <nav className="views" aria-label="Panes">
        {VIEWS.map((each) => (
          <button key={each} type="button" className="plain" aria-pressed={each === view} onClick={() => onView(each)}>
            {each}
          </button>
        ))}
      </nav>
      <a href="../docs" target="_blank" rel="noreferrer">
        API
      </a>
      <select
        aria-label="Theme"
        value={chosen}
        onChange={({ target }) => choose(THEMES.find((each) => each === target.value) ?? "system")}
      >
        {THEMES.map((each) => (
          <option key={each} value={each}>
            {NAMES[each]}
          </option>
        ))}
      </select>
      <button type="button" className="plain" onClick={forget}>
        Forget key
      </button>
    </header>
  )
}
