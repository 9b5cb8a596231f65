/** What the model would be sent for the message that is being written. Nothing is sent to it, and nothing is written. */
import { Result, useAtom, useAtomValue } from "@effect-atom/atom-react"
import * as Effect from "effect/Effect"
import { type ChatInput, type SessionId, Sessions } from "effect-julep"
import type { FormEvent } from "react"
import { runtime } from "../../client.js"
import { TextArea } from "../../components/Field.js"
import { contentOf, draft } from "../../state/draft.js"
import { allSettings } from "../../state/settings.js"
import type { PanelProps } from "../Panel.js"
import { Loaded } from "../parts/Loaded.js"
import { Explained } from "./Explained.js"

const rendered = runtime.fn(({ chat, session }: { readonly session: SessionId; readonly chat: ChatInput }) =>
  Effect.map(
    Effect.flatMap(Sessions, (sessions) => sessions.render(session, { ...chat, explain: true })),
    ({ prompt }) => ({ prompt, session })
  )
)

const OfSession = ({ agent, session, user }: PanelProps & { readonly session: SessionId }) => {
  const [written, setDraft] = useAtom(draft(session))
  const chosen = useAtomValue(allSettings)
  const [result, render] = useAtom(rendered)
  const content = contentOf(written)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (content !== undefined) render({ session, chat: { ...chosen, messages: [{ role: "user", content }] } })
  }
  return (
    <>
      <form className="fields" onSubmit={submit}>
        <TextArea
          label="The message that is being written"
          value={written.text}
          onChange={(text) => setDraft({ ...written, text })}
          rows={2}
        />
        <div className="actions">
          <button type="submit" disabled={content === undefined}>
            Show its prompt
          </button>
        </div>
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
                <Explained prompt={prompt} selection={{ agent, session, user }} />
              </>
            )
          }
        </Loaded>
      )}
    </>
  )
}

export const WouldSend = (props: PanelProps) =>
  props.session === undefined ? (
    <p className="empty">Select a session, or start one.</p>
  ) : (
    <OfSession {...props} session={props.session} />
  )
