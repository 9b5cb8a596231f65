/** What a prompt could have had: messages of the session, and what a search for the question finds beyond what was recalled. */
import { Atom } from "@effect-atom/atom-react"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import {
  type ChatMLMessage,
  contentText,
  Docs,
  type ExplainedPrompt,
  type FoundPassage,
  Memories,
  type Memory,
  Sessions
} from "effect-julep"
import { runtime } from "../../client.js"
import type { Selection } from "../../state/selection.js"
import { ownersOf } from "../docs/docs.js"

/** How far a search goes: a chat recalls 6 passages and 6 memories, unless it asks for others. */
const LIMIT = 20

export class Question extends Data.Class<Selection & { readonly text: string }> {}

/** What there is. */
export interface Candidates {
  readonly messages: ReadonlyArray<ChatMLMessage>
  readonly passages: ReadonlyArray<FoundPassage>
  readonly memories: ReadonlyArray<Memory>
}

export const candidates = Atom.family(({ agent, session, text, user }: Question) =>
  runtime.atom(
    Effect.gen(function* () {
      const docs = yield* Docs
      const memories = yield* Memories
      const sessions = yield* Sessions
      const asks = text.trim() !== ""
      return yield* Effect.all(
        {
          messages:
            session === undefined
              ? Effect.succeed([])
              : Effect.map(Stream.runCollect(sessions.historyAll(session)), (all) => [...all]),
          passages: asks
            ? Effect.map(
                Effect.forEach(ownersOf({ agent, user }), (owner) => docs.search(owner, text, { limit: LIMIT })),
                (lists) => lists.flat().sort((one, other) => other.score - one.score)
              )
            : Effect.succeed([]),
          memories:
            asks && agent !== undefined && user !== undefined
              ? memories.list({ agent_id: agent, user_id: user, query: text, limit: LIMIT })
              : Effect.succeed([])
        },
        { concurrency: 3 }
      )
    })
  )
)

/** The newest message of the user in a prompt, which recall searches for. */
export const questionOf = ({ parts }: ExplainedPrompt): string =>
  parts.findLast(({ kind, role }) => kind === "message" && role === "user")?.text ?? ""

const within = (one: string, other: string): boolean => one.includes(other) || other.includes(one)

/** The candidates that a prompt does not have. Messages after the last one of the prompt came later. */
export const missingFrom = ({ parts }: ExplainedPrompt, { memories, messages, passages }: Candidates): Candidates => {
  const ids = new Set(parts.flatMap(({ source_ids }) => source_ids))
  const hasPassage = ({ content, doc_id }: FoundPassage) =>
    parts.some(({ kind, source_ids, text }) => kind === "doc" && source_ids.includes(doc_id) && within(text, content))
  return {
    messages: messages
      .slice(0, messages.findLastIndex(({ id }) => ids.has(id)) + 1)
      .filter(({ content, id, refused }) => !ids.has(id) && refused !== true && contentText(content).trim() !== ""),
    passages: passages.filter((passage) => !hasPassage(passage)),
    memories: memories.filter(({ id }) => !ids.has(id))
  }
}
