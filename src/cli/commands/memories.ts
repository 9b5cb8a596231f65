import * as Args from "@effect/cli/Args"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Timestamp } from "../../schema/Field.js"
import type { MemoryId } from "../../schema/Memory.js"
import { apiCommand, deleteAll, yes } from "../api.js"
import { group } from "../command.js"
import { UsageError } from "../exitCodes.js"
import { data, inputOf, text } from "../input.js"
import { pageSize, paging, printList } from "../lists.js"
import { agent, agentId, idArgument, optionalId, owner, userId } from "../names.js"
import { printValue } from "../output.js"

// The argument is a UUID.
const memory = idArgument("memory", "memories").pipe(Args.map((id) => id as MemoryId))

const list = apiCommand({
  description: "Lists what an agent remembers: the newest first, or the best matches of --query.",
  example: `effect-julep memories list --agent Ada --query "favourite tea"`,
  config: { ...agent, user: owner.user, query: text("query", "Only what matches these words, best first."), ...paging },
  run: (julep, options) =>
    Effect.gen(function* () {
      const user = yield* optionalId(options.user, (given) => userId(julep, given))
      const of = {
        agent_id: yield* agentId(julep, options.agent),
        user_id: Option.getOrUndefined(user),
        limit: pageSize(options)
      }
      const { query } = options
      const memories = Option.isSome(query)
        ? Stream.fromIterableEffect(julep.memories.list({ ...of, query: query.value }))
        : julep.memories.listAll(of)
      yield* printList(options, memories, [
        { name: "id", value: ({ id }) => id },
        { name: "user", value: ({ user_id }) => user_id, extra: true },
        { name: "content", value: ({ content }) => content, cut: true },
        { name: "created", value: ({ created_at }) => created_at }
      ])
    })
})

/** The time of a memory that is given as JSON. */
const timestampOf = (given: unknown) =>
  Effect.mapError(
    Schema.decodeUnknown(Timestamp)(given),
    () => new UsageError({ message: 'timestamp must be a time such as "2026-01-31T12:00:00Z".' })
  )

const create = apiCommand({
  description: "Makes an agent remember a statement about a user.",
  example: `effect-julep memories create --agent Ada --user Sam --content "Sam is allergic to nuts."`,
  config: {
    ...agent,
    user: owner.user,
    content: text("content", "The statement, of at most 2,000 characters."),
    ...data
  },
  run: (julep, { json, ...given }) =>
    Effect.gen(function* () {
      const { timestamp, ...input } = yield* inputOf(given.data, {
        agent_id: Option.some(yield* agentId(julep, given.agent)),
        user_id: yield* optionalId(given.user, (user) => userId(julep, user)),
        content: given.content
      })
      const at = timestamp === undefined ? {} : { timestamp: yield* timestampOf(timestamp) }
      // The manager checks it.
      const created = yield* julep.memories.create({ ...input, ...at } as unknown as Parameters<
        typeof julep.memories.create
      >[0])
      yield* printValue({ json }, created, ({ id }) => `Created memory ${id}.`)
    })
})

const remove = apiCommand({
  description: "Deletes memories of an agent. The messages they came from stay, but are no longer recalled.",
  example: "effect-julep memories delete 0b6d4e1a-7c35-4f8e-a2d9-5e1c3b9f8a70 --agent Ada",
  config: { memories: Args.atLeast(memory, 1), ...agent, ...yes },
  run: (julep, options) =>
    Effect.flatMap(agentId(julep, options.agent), (agent_id) =>
      deleteAll("memory", options.memories, options, (memory_id) => julep.memories.delete({ agent_id, memory_id }))
    )
})

export const command = group({ list, create, delete: remove })
