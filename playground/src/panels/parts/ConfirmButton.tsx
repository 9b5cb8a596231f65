/** A button that asks before it does what cannot be undone. */
import { useEffect, useRef, useState } from "react"

export interface ConfirmButtonProps {
  /** What it does, such as `Delete`. */
  readonly action: string
  /** What it does it to, for screen readers. */
  readonly of: string
  readonly onConfirm: () => void
  readonly disabled?: boolean | undefined
}

export const ConfirmButton = ({ action, disabled, of, onConfirm }: ConfirmButtonProps) => {
  const [asks, setAsks] = useState(false)
  const cancel = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (asks) cancel.current?.focus()
  }, [asks])
  if (!asks) {
    return (
      <button
        type="button"
        className="plain"
        aria-label={`${action} ${of}`}
        disabled={disabled}
        onClick={() => setAsks(true)}
      >
        {action}
      </button>
    )
  }
  const confirm = () => {
    setAsks(false)
    onConfirm()
  }
  return (
    <fieldset
      aria-label={`${action} ${of}?`}
      className="confirm"
      onKeyDown={({ key }) => key === "Escape" && setAsks(false)}
    >
      <button type="button" className="danger" onClick={confirm}>
        {action}
      </button>
      <button type="button" ref={cancel} onClick={() => setAsks(false)}>
        Keep
      </button>
    </fieldset>
  )
}
