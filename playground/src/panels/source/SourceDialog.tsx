/** What a part of a prompt was made of, over the page. */
import { useAtomRefresh, useAtomValue } from "@effect-atom/atom-react"
import { useEffect, useRef, useState } from "react"
import { Dialog } from "../../components/Dialog.js"
import type { Selection } from "../../state/selection.js"
import { Loaded } from "../parts/Loaded.js"
import { Marked } from "../parts/Marked.js"
import { Time } from "../parts/Time.js"
import { type Found, found, Wanted } from "./find.js"
import { passageIn } from "./passage.js"
import { reveal } from "./reveal.js"
import type { Source } from "./Source.js"

interface BodyProps {
  readonly of: Found
  readonly source: Source
  readonly isElsewhere: boolean
  readonly onMessage: (id: string) => void
}

const Body = ({ isElsewhere, of, onMessage, source }: BodyProps) => {
  const content = useRef<HTMLDivElement>(null)
  useEffect(() => {
    content.current?.querySelector("mark")?.scrollIntoView({ block: "center" })
  }, [])
  const passage = source.kind === "doc" ? passageIn(of.text, source.text ?? "") : ""
  return (
    <>
      <p className="hint">
        {of.at === undefined ? null : <Time at={of.at} />}
        {isElsewhere ? " · in another session of this agent" : null}
        {passage !== "" ? " · what was sent is marked" : null}
      </p>
      {of.messages.length === 0 ? null : (
        <p className="toolbar">
          <span className="hint">From</span>
          {of.messages.map((id) => (
            <button key={id} type="button" className="link" onClick={() => onMessage(id)}>
              message
            </button>
          ))}
        </p>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it. */}
      <div className="source-text" ref={content} tabIndex={0}>
        <pre className="text">
          <Marked text={of.text} find={passage} />
        </pre>
      </div>
    </>
  )
}

export interface SourceDialogProps {
  readonly source: Source
  readonly selection: Selection
  readonly onClose: () => void
}

export const SourceDialog = ({ onClose, selection: { agent, session, user }, source: first }: SourceDialogProps) => {
  const [source, setSource] = useState(first)
  const wanted = found(new Wanted({ kind: source.kind, id: source.id, agent, user, session }))
  const result = useAtomValue(wanted)
  const retry = useAtomRefresh(wanted)
  const onMessage = (id: string) => {
    if (reveal(id)) onClose()
    else setSource({ kind: "message", id })
  }
  return (
    <Dialog title={result._tag === "Success" ? result.value.title : source.kind} onClose={onClose}>
      <div className="source">
        <Loaded result={result} retry={retry}>
          {(value) => (
            <Body
              key={source.id}
              of={value}
              source={source}
              isElsewhere={value.session !== undefined && value.session !== session}
              onMessage={onMessage}
            />
          )}
        </Loaded>
        <div className="actions">
          <button type="button" onClick={onClose}>
            Close
          </button>
        </div>
      </div>
    </Dialog>
  )
}
