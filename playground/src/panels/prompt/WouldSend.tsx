/** What the model would be sent for a next message. Nothing is sent to it, and nothing is written. */
import { Result, useAtom } from "@effect-atom/atom-react"
import * as Effect from "effect/Effect"
import { type SessionId, Sessions } from "effect-julep"
import { type FormEvent, useId, useState } from "react"
import { runtime } from "../../client.js"
import type { PanelProps } from "../Panel.js"
import { Loaded } from "../parts/Loaded.js"
import { Explained } from "./Explained.js"

const rendered = runtime.fn(({ content, session }: { readonly session: SessionId; readonly content: string }) =>
  Effect.map(
    Effect.flatMap(Sessions, (sessions) =>
      sessions.render(session, { messages: [{ role: "user", content }], explain: true })
    ),
    ({ prompt }) => ({ prompt, session })
  )
)

export const WouldSend = ({ agent, session, user }: PanelProps) => {
  const id = useId()
  const [text, setText] = useState("")
  const [result, render] = useAtom(rendered)
  if (session === undefined) return <p className="empty">Select a session, or create one.</p>
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (text.trim() !== "") render({ session, content: text })
  }
  return (
    <>
      <form className="stack" onSubmit={submit}>
        <label htmlFor={id}>A message of the user, which is not sent</label>
        <textarea id={id} rows={2} value={text} onChange={({ target }) => setText(target.value)} />
        <button type="submit" disabled={text.trim() === ""}>
          Show its prompt
        </button>
      </form>
      {Result.isInitial(result) && !result.waiting ? null : (
        <Loaded result={result}>
          {({ prompt, session: of }) =>
            of !== session ? null : prompt == null ? (
              <p className="empty">This server does not explain prompts.</p>
            ) : (
              <>
                <p className="not-sent" role="status">
                  Not sent: this is what the model would be sent now.
                </p>
                <Explained prompt={prompt} at={undefined} selection={{ agent, session, user }} />
              </>
            )
          }
        </Loaded>
      )}
    </>
  )
}
