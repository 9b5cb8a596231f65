/** The key of the server, which is in memory and in the storage of this tab, and nowhere else. */
import { Atom } from "@effect-atom/atom-react"
import * as Redacted from "effect/Redacted"

const ITEM = "effect-julep.key"

/** The key where a browser refuses its storage: it then ends with the page. */
let kept = ""

const save = (key: string): void => {
  kept = key
  try {
    sessionStorage.setItem(ITEM, key)
  } catch {
    // It is in memory.
  }
}

const saved = (): string => {
  try {
    return sessionStorage.getItem(ITEM) ?? kept
  } catch {
    return kept
  }
}

/** Takes the key out of the fragment of the address, `#key=...`, so that neither the history nor a copied address has it. */
export const takeKeyFromAddress = (): void => {
  const { hash, pathname, search } = location
  if (hash !== "") history.replaceState(null, "", `${pathname}${search}`)
  const given = new URLSearchParams(hash.slice(1)).get("key")?.trim() ?? ""
  if (given !== "") save(given)
}

/** The key, empty while there is none. */
export const key: Atom.Writable<Redacted.Redacted> = Atom.keepAlive(
  Atom.writable(
    () => Redacted.make(saved()),
    (context, value: Redacted.Redacted) => {
      save(Redacted.value(value))
      context.setSelf(value)
    }
  )
)
