/** The key of the server, which is in memory and in the storage of this tab, and nowhere else. */
import { Atom } from "@effect-atom/atom-react"
import * as Redacted from "effect/Redacted"

const ITEM = "effect-julep.key"

/** A browser may refuse its storage: the key then ends with the page. */
const attempt = <A>(use: () => A): A | undefined => {
  try {
    return use()
  } catch {
    return undefined
  }
}

const save = (key: string): void => attempt(() => sessionStorage.setItem(ITEM, key))

const saved = (): string => attempt(() => sessionStorage.getItem(ITEM)) ?? ""

/** Takes the key out of the fragment of the address, `#key=...`, so that neither the history nor a copied address has it. */
export const takeKeyFromAddress = (): void => {
  const { hash, pathname, search } = location
  if (hash === "") return
  history.replaceState(null, "", `${pathname}${search}`)
  const given = new URLSearchParams(hash.slice(1)).get("key")?.trim()
  if (given !== undefined && given !== "") save(given)
  inAddress = given ?? ""
}

let inAddress = ""

/** The key, empty while there is none. */
export const key: Atom.Writable<Redacted.Redacted> = Atom.keepAlive(
  Atom.writable(
    () => Redacted.make(inAddress || saved()),
    (context, value: Redacted.Redacted) => {
      save(Redacted.value(value))
      context.setSelf(value)
    }
  )
)
