/** What a prompt does not have, read when the reader asks for it. */
import { useAtomRefresh, useAtomValue } from "@effect-atom/atom-react"
import { contentText, type ExplainedPrompt } from "effect-julep"
import { useState } from "react"
import type { Selection } from "../../state/selection.js"
import { Clamped } from "../parts/Clamped.js"
import { counted } from "../parts/counted.js"
import { Loaded } from "../parts/Loaded.js"
import { FoundPassage } from "../source/FoundPassage.js"
import { SourceLink } from "../source/SourceLink.js"
import { type Candidates, candidates, missingFrom, Question, questionOf } from "./leftOut.js"

interface ListProps extends Candidates {
  readonly selection: Selection
}

const List = ({ memories, messages, passages, selection }: ListProps) => {
  if (memories.length + messages.length + passages.length === 0) {
    return <p className="empty">Nothing: the prompt has every message, and all that a search for the question finds.</p>
  }
  return (
    <>
      {passages.length === 0 ? null : (
        <section>
          <h3>{counted(passages.length, "passage")} of docs, found with a lower score or cut for the budget</h3>
          <ol className="parts">
            {passages.map((passage) => (
              <FoundPassage key={`${passage.doc_id} ${passage.index}`} passage={passage} selection={selection} />
            ))}
          </ol>
        </section>
      )}
      {memories.length === 0 ? null : (
        <section>
          <h3>{counted(memories.length, "memory", "memories")}</h3>
          <ol className="parts">
            {memories.map(({ content, id }) => (
              <li key={id} className="part">
                <div className="part-head">
                  <SourceLink source={{ kind: "memory", id }} selection={selection} />
                </div>
                <Clamped text={content} of="the memory" />
              </li>
            ))}
          </ol>
        </section>
      )}
      {messages.length === 0 ? null : (
        <section>
          <h3>{counted(messages.length, "earlier message")} of this session, which a summary may stand for</h3>
          <ol className="parts">
            {messages.map(({ content, id, role }) => (
              <li key={id} className="part">
                <div className="part-head">
                  <SourceLink source={{ kind: "message", id }} selection={selection} title={`message (${role})`} />
                </div>
                <Clamped text={contentText(content)} of="the message" />
              </li>
            ))}
          </ol>
        </section>
      )}
    </>
  )
}

export interface LeftOutProps {
  readonly prompt: ExplainedPrompt
  readonly selection: Selection
}

const Read = ({ prompt, selection }: LeftOutProps) => {
  const { agent, session, user } = selection
  const wanted = candidates(new Question({ agent, session, user, text: questionOf(prompt) }))
  const result = useAtomValue(wanted)
  const retry = useAtomRefresh(wanted)
  return (
    <Loaded result={result} retry={retry}>
      {(there) => <List {...missingFrom(prompt, there)} selection={selection} />}
    </Loaded>
  )
}

export const LeftOut = (props: LeftOutProps) => {
  const [isOpen, setOpen] = useState(false)
  return (
    <details className="left-out" open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>What is not in the prompt</summary>
      {isOpen ? <Read {...props} /> : null}
    </details>
  )
}
