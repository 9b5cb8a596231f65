/** Copies texts, and says for a while what came of it. */
import { useEffect, useState } from "react"

/** How long it says so, in milliseconds. */
const SHOWN = 2000

export const useCopy = (): readonly [said: string, copy: (text: string) => void] => {
  const [said, setSaid] = useState("")
  useEffect(() => {
    if (said === "") return
    const timer = setTimeout(() => setSaid(""), SHOWN)
    return () => clearTimeout(timer)
  }, [said])
  const copy = (text: string) => {
    // Browsers have no clipboard for pages of HTTP, but on a loopback address.
    const { clipboard }: { readonly clipboard?: Clipboard } = navigator
    if (clipboard === undefined) return setSaid("Browsers copy only on pages of HTTPS or of this machine.")
    clipboard.writeText(text).then(
      () => setSaid("Copied"),
      () => setSaid("The browser does not allow it.")
    )
  }
  return [said, copy]
}
