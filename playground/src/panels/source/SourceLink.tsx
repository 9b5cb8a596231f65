/** A button that opens what a part of a prompt was made of: a message where it stands, anything else over the page. */
import { useState } from "react"
import type { Selection } from "../../state/selection.js"
import { reveal } from "./reveal.js"
import type { Source } from "./Source.js"
import { SourceDialog } from "./SourceDialog.js"

export interface SourceLinkProps {
  readonly source: Source
  readonly selection: Selection
  /** What it is called. Default: its kind. */
  readonly title?: string | undefined
}

export const SourceLink = ({ selection, source, title }: SourceLinkProps) => {
  const [isOpen, setOpen] = useState(false)
  const open = () => {
    if (source.kind !== "message" || !reveal(source.id)) setOpen(true)
  }
  return (
    <>
      <button type="button" className="link" onClick={open}>
        {title ?? source.kind}
      </button>
      {isOpen ? <SourceDialog source={source} selection={selection} onClose={() => setOpen(false)} /> : null}
    </>
  )
}
