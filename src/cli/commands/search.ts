import * as Args from "@effect/cli/Args"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { RecalledSources } from "../../schema/Chat.js"
import type { FoundPassage } from "../../schema/Doc.js"
import type { Memory } from "../../schema/Memory.js"
import type { Julep } from "../../services/Julep.js"
import { apiCommand } from "../api.js"
import { type Failure, UsageError } from "../exitCodes.js"
import { limit } from "../lists.js"
import { agentId, optionalId, owner, sessionOption, userId } from "../names.js"
import { print, printError, printJson, Stdio } from "../output.js"
import { table } from "../table.js"

/** What a search found: a passage of a doc, a memory, or an earlier message. */
interface Found {
  readonly kind: "passage" | "memory" | "message"
  /** Comparable among those of one kind and one owner. Absent where the server ranks without a score. */
  readonly score?: number
  /** Where it is from: the title of the doc, or who said it and when. */
  readonly from?: string
  /** The id of the doc, the memory or the message. */
  readonly id: string
  readonly content: string
  /** Of a passage: whose doc it is of, and its position in it, from 0. */
  readonly owner?: "agent" | "user"
  readonly index?: number
  readonly session_id?: string
}

const DEFAULT_LIMIT = 10

const passageOf =
  (owner: "agent" | "user") =>
  ({ content, doc_id, index, score, title }: Omit<FoundPassage, "doc_id"> & { readonly doc_id: string }): Found => ({
    kind: "passage",
    score,
    from: title,
    id: doc_id,
    owner,
    index,
    content
  })

const memoryOf = ({ content, id, score }: Pick<Memory, "content"> & { readonly id: string; readonly score?: number }) =>
  ({ kind: "memory", ...(score === undefined ? {} : { score }), id, content }) satisfies Found

const messageOf = ({
  content,
  created_at,
  id,
  role,
  score,
  session_id
}: RecalledSources["messages"][number]): Found => ({
  kind: "message",
  score,
  from: `${role}, ${created_at.toISOString()}`,
  id,
  session_id,
  content
})

/** Where to look. */
interface SearchScope {
  readonly agent: Option.Option<string>
  readonly user: Option.Option<string>
  readonly session: Option.Option<string>
}

/** What the next chat of a session would recall: also earlier messages, which belong to sessions. */
const ofSession = (julep: Julep.Service, session: string, words: string, limit: number) =>
  Effect.gen(function* () {
    const id = yield* sessionOption(session)
    const { recalled } = yield* julep.sessions.render(id, words)
    if (!recalled) return yield* new UsageError({ message: "This server does not say what it recalls. Give --agent." })
    const { memories, messages, snippets } = recalled
    const passages = snippets.map(({ owner, ...passage }) => passageOf(owner)(passage))
    return [passages, memories.map(memoryOf), messages.map(messageOf)].flatMap((found) => found.slice(0, limit))
  })

const ofOwners = (julep: Julep.Service, { agent, user }: SearchScope, words: string, limit: number) =>
  Effect.gen(function* () {
    const agent_id = Option.getOrUndefined(yield* optionalId(agent, (given) => agentId(julep, given)))
    const user_id = Option.getOrUndefined(yield* optionalId(user, (given) => userId(julep, given)))
    const [ofAgent, ofUser, memories] = yield* Effect.all(
      [
        agent_id === undefined ? Effect.succeed([]) : julep.docs.search({ agent_id }, words, { limit }),
        user_id === undefined ? Effect.succeed([]) : julep.docs.search({ user_id }, words, { limit }),
        agent_id === undefined
          ? Effect.succeed([])
          : julep.memories.list({ agent_id, query: words, limit, ...(user_id === undefined ? {} : { user_id }) })
      ],
      { concurrency: "unbounded" }
    )
    return [...ofAgent.map(passageOf("agent")), ...ofUser.map(passageOf("user")), ...memories.map(memoryOf)]
  })

const search = (
  julep: Julep.Service,
  scope: SearchScope,
  words: string,
  limit: number
): Effect.Effect<ReadonlyArray<Found>, Failure> => {
  const { agent, session, user } = scope
  const isOwned = Option.isSome(agent) || Option.isSome(user)
  if (Option.isSome(session) && !isOwned) return ofSession(julep, session.value, words, limit)
  if (Option.isNone(session) && isOwned) return ofOwners(julep, scope, words, limit)
  const message = isOwned
    ? "A session has its agent and its user: give --session without --agent and --user."
    : "Give --agent, --user or --session: they say where to search."
  return Effect.fail(new UsageError({ message }))
}

export const command = apiCommand({
  description:
    "Searches what chats recall: passages of docs and memories of an agent or a user, best first. With --session, what its next chat would recall, with earlier messages.",
  example: 'effect-julep search "How long do refunds take?" --agent Ada --user Sam',
  config: {
    words: Args.text({ name: "words" }).pipe(Args.withDescription("A question, or words to look for.")),
    ...owner,
    session: Options.text("session").pipe(
      Options.withPseudoName("ID"),
      Options.withDescription("The session whose next chat would recall it."),
      Options.optional
    ),
    limit: limit(`How many of each kind, at most 50. Default: ${DEFAULT_LIMIT}.`)
  },
  run: (julep, { json, limit, words, ...scope }) =>
    Effect.gen(function* () {
      const found = yield* search(
        julep,
        scope,
        words,
        Option.getOrElse(limit, () => DEFAULT_LIMIT)
      )
      if (json) return yield* Effect.forEach(found, printJson, { discard: true })
      if (found.length === 0) return yield* printError("Nothing was found.")
      const { columns } = yield* Stdio
      const { header, line } = table<Found>(
        [
          { name: "kind", value: ({ kind }) => kind },
          { name: "score", value: ({ score }) => score?.toFixed(2) },
          { name: "from", value: ({ from }) => from, cut: true },
          { name: "id", value: ({ id }) => id },
          { name: "content", value: ({ content }) => content, cut: true }
        ],
        found,
        columns
      )
      yield* print([header, ...found.map(line)].join("\n"))
    })
})
