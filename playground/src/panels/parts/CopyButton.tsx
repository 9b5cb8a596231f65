/** Copies a text, and says so. */
import { useCopy } from "../../components/useCopy.js"

export const CopyButton = ({ label, text }: { readonly label: string; readonly text: () => string }) => {
  const [said, copy] = useCopy()
  return (
    <span className="copy">
      <span role="status" className="hint">
        {said}
      </span>
      <button type="button" onClick={() => copy(text())}>
        {label}
      </button>
    </span>
  )
}
