/** Light, dark, or what the system says. */
import { Atom } from "@effect-atom/atom-react"

export const THEMES = ["system", "light", "dark"] as const
export type Theme = (typeof THEMES)[number]

const ITEM = "effect-julep.theme"

const read = (): Theme => {
  try {
    return THEMES.find((each) => each === localStorage.getItem(ITEM)) ?? "system"
  } catch {
    return "system"
  }
}

const show = (theme: Theme): Theme => {
  document.documentElement.dataset["theme"] = theme
  return theme
}

export const theme: Atom.Writable<Theme> = Atom.keepAlive(
  Atom.writable(
    () => show(read()),
    (context, next: Theme) => {
      try {
        localStorage.setItem(ITEM, next)
      } catch {
        // A browser may refuse its storage: the choice then ends with the page.
      }
      context.setSelf(show(next))
    }
  )
)
