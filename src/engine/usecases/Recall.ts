import * as Effect from "effect/Effect"
import type { DocIds } from "../../schema/Chat.js"
import { contentText, type InputChatMLMessage } from "../../schema/Message.js"
import { type MemoryRow, type Owner, type Passage, type SessionRow, Storage } from "../ports/Storage.js"

/** At most this many passages and memories go into a context. */
const MAX_PASSAGES = 6
const MAX_MEMORIES = 6

/** What was found for a turn. */
export interface Recalled {
  readonly passages: ReadonlyArray<Passage>
  readonly memories: ReadonlyArray<MemoryRow>
}

/** Nothing, as when `recall` is false. */
export const nothing: Recalled = { passages: [], memories: [] }

/** What is looked for: the words of the new messages. */
export const queryOf = (messages: ReadonlyArray<InputChatMLMessage>): string =>
  messages
    .filter((message) => message.role === "user" || message.role === "auto")
    .map((message) => contentText(message.content))
    .join("\n")

/** The docs the passages are of, each once, by whose they are. */
export const docIdsOf = ({ passages }: Recalled): DocIds => {
  const idsOf = (kind: Owner["kind"]) => [
    ...new Set(passages.filter((passage) => passage.owner.kind === kind).map((passage) => passage.doc_id))
  ]
  return { agent_doc_ids: idsOf("agent"), user_doc_ids: idsOf("user") }
}

/** Finds what the docs of a session's agent and user, and the agent's memories of that user, say about a text. */
export const make = Effect.map(Storage, (storage) =>
  Effect.fnUntraced(function* (developer: string, session: SessionRow, text: string) {
    if (text.trim() === "") return nothing
    const owners: ReadonlyArray<Owner> = [
      { kind: "agent", id: session.agent_id },
      ...(session.user_id === null ? [] : [{ kind: "user" as const, id: session.user_id }])
    ]
    const passages = yield* storage.docs.search(developer, owners, text, MAX_PASSAGES)
    if (session.user_id === null) return { passages, memories: [] }
    const memories = yield* storage.memories.list(developer, session.agent_id, {
      query: text,
      user_id: session.user_id,
      limit: MAX_MEMORIES,
      offset: 0
    })
    return { passages, memories }
  })
)
