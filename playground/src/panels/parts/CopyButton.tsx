/** Copies a text, and says so. */
import { useEffect, useState } from "react"

const SHOWN = 2000

export const CopyButton = ({ label, text }: { readonly label: string; readonly text: () => string }) => {
  const [said, setSaid] = useState("")
  useEffect(() => {
    if (said === "") return
    const timer = setTimeout(() => setSaid(""), SHOWN)
    return () => clearTimeout(timer)
  }, [said])
  const copy = () => {
    // Browsers have no clipboard for pages of HTTP, but on a loopback address.
    const { clipboard }: { readonly clipboard?: Clipboard } = navigator
    if (clipboard === undefined) return setSaid("Browsers copy only on pages of HTTPS or of this machine.")
    clipboard.writeText(text()).then(
      () => setSaid("Copied"),
      () => setSaid("The browser does not allow it.")
    )
  }
  return (
    <span className="copy">
      <span role="status" className="hint">
        {said}
      </span>
      <button type="button" onClick={copy}>
        {label}
      </button>
    </span>
  )
}
