/** A text of which a long one shows its beginning, until the reader asks for all of it. */
import { useState } from "react"
import { Marked } from "./Marked.js"

/** About six lines of a panel. */
const LONG = 420

export const Clamped = ({
  find = "",
  of,
  text
}: {
  readonly text: string
  readonly of: string
  readonly find?: string
}) => {
  const [isOpen, setOpen] = useState(false)
  // What the reader looks for may be in the part that is hidden.
  const isShort = text.length <= LONG || find !== ""
  return (
    <>
      <pre className="text">
        <Marked text={isShort || isOpen ? text : `${text.slice(0, LONG).trimEnd()}…`} find={find} />
      </pre>
      {isShort ? null : (
        <button
          type="button"
          className="plain"
          aria-expanded={isOpen}
          aria-label={`${isOpen ? "Show less" : "Show all"} of ${of}`}
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? "Show less" : `Show all ${text.length.toLocaleString("en")} characters`}
        </button>
      )}
    </>
  )
}
