/** A dialog over the page, which keeps the focus until it closes and then gives it back. */
import { type ReactNode, useId, useLayoutEffect, useRef } from "react"

export interface DialogProps {
  readonly title: string
  /** Also at Escape. */
  readonly onClose: () => void
  readonly children: ReactNode
}

export const Dialog = ({ children, onClose, title }: DialogProps) => {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useLayoutEffect(() => {
    const { current } = dialog
    current?.showModal()
    return () => current?.close()
  }, [])
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
    >
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  )
}
