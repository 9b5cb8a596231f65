import * as Args from "@effect/cli/Args"
import * as Options from "@effect/cli/Options"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type ChatMLMessage, contentText } from "../../schema/Message.js"
import type { CreateSession, PatchSession, SessionId, UpdateSession } from "../../schema/Session.js"
import { apiCommand, deleteAll, yes } from "../api.js"
import { group } from "../command.js"
import { data, inputOf, metadata, objectOf, text } from "../input.js"
import { filtering, limit, pageSize, paging, printList, queryOf } from "../lists.js"
import { agentId, idArgument, optionalId, owner, userId } from "../names.js"
import { print, printError, printJson, printValue } from "../output.js"
import { record, sanitizeForTerminal } from "../table.js"

// The argument is a UUID.
const session = idArgument("session", "sessions").pipe(Args.map((id) => id as SessionId))

const list = apiCommand({
  description: "Lists sessions, the newest first. With --agent or --user, only theirs.",
  example: "effect-julep sessions list --agent Ada",
  config: { ...owner, ...paging, ...filtering },
  run: (julep, options) =>
    Effect.gen(function* () {
      const agent = yield* optionalId(options.agent, (given) => agentId(julep, given))
      const user = yield* optionalId(options.user, (given) => userId(julep, given))
      const sessions = julep.sessions.listAll(yield* queryOf(options)).pipe(
        Stream.filter(({ agent_id }) => Option.isNone(agent) || agent.value === agent_id),
        Stream.filter(({ user_id }) => Option.isNone(user) || user.value === user_id)
      )
      yield* printList(options, sessions, [
        { name: "id", value: ({ id }) => id },
        { name: "agent", value: ({ agent_id }) => agent_id, extra: true },
        { name: "user", value: ({ user_id }) => user_id, extra: true },
        { name: "situation", value: ({ situation }) => situation, cut: true },
        { name: "updated", value: ({ updated_at }) => updated_at }
      ])
    })
})

const get = apiCommand({
  description: "Shows a session.",
  example: "effect-julep sessions get 0b6d4e1a-7c35-4f8e-a2d9-5e1c3b9f8a70",
  config: { session },
  run: ({ sessions }, { json, session }) =>
    Effect.flatMap(sessions.get(session), (found) => printValue({ json }, found, record))
})

const members = { situation: text("situation", "What the conversation is about."), ...metadata, ...data }

const create = apiCommand({
  description: "Creates a session of an agent, with a user or without.",
  example: "effect-julep sessions create --agent Ada --user Sam",
  creates: true,
  config: { ...owner, ...members },
  run: (julep, { json, ...given }) =>
    Effect.gen(function* () {
      const input = yield* inputOf(given.data, {
        agent_id: yield* optionalId(given.agent, (agent) => agentId(julep, agent)),
        user_id: yield* optionalId(given.user, (user) => userId(julep, user)),
        situation: given.situation,
        metadata: yield* objectOf("--metadata", given.metadata)
      })
      // The manager checks it.
      const created = yield* julep.sessions.create(input as unknown as CreateSession)
      yield* printValue({ json }, created, ({ id }) => `Created session ${id}.`)
    })
})

const update = apiCommand({
  description: "Changes a session. What is not given stays as it is; metadata is merged.",
  example: `effect-julep sessions update 0b6d4e1a-7c35-4f8e-a2d9-5e1c3b9f8a70 --situation "A refund is late."`,
  config: {
    session,
    ...members,
    replace: Options.boolean("replace").pipe(Options.withDescription("Replace metadata rather than merge it."))
  },
  run: ({ sessions }, { json, replace, session, ...given }) =>
    Effect.gen(function* () {
      const metadata = yield* objectOf("--metadata", given.metadata)
      const changes = yield* inputOf(given.data, { situation: given.situation, metadata })
      // The manager checks them.
      const updated = replace
        ? yield* sessions.update(session, changes as unknown as UpdateSession, { overwrite: true })
        : yield* sessions.update(session, changes as PatchSession)
      yield* printValue({ json }, updated, ({ id }) => `Updated session ${id}.`)
    })
})

const remove = apiCommand({
  description: "Deletes sessions with their history. The memories formed in them stay.",
  example: "effect-julep sessions delete 0b6d4e1a-7c35-4f8e-a2d9-5e1c3b9f8a70",
  config: { sessions: Args.atLeast(session, 1), ...yes },
  run: ({ sessions }, options) => deleteAll("session", options.sessions, options, sessions.delete)
})

/** A message for people: who said it and when, then its text. */
const messageLines = ({ content, created_at, name, role }: ChatMLMessage): string => {
  const who = name ? `${role} ${sanitizeForTerminal(name)}` : role
  return `${who}, ${sanitizeForTerminal(created_at)}\n${sanitizeForTerminal(contentText(content)).replace(/^/gm, "  ")}\n`
}

const history = apiCommand({
  description: "Shows the messages of a session, the oldest first.",
  example: "effect-julep sessions history 0b6d4e1a-7c35-4f8e-a2d9-5e1c3b9f8a70 --limit 10",
  config: { session, limit: limit("Show only this many of the newest messages. Default: all.") },
  run: ({ sessions }, { json, limit, session }) => {
    const all = sessions.historyAll(session)
    const messages = Option.isSome(limit) ? Stream.takeRight(all, limit.value) : all
    return Stream.runForEach(messages, (message) => (json ? printJson(message) : print(messageLines(message))))
  }
})

const suggestions = apiCommand({
  description:
    "Lists the next steps that a model suggests for a session, the newest first. There are some only where the engine makes suggestions.",
  example: "effect-julep sessions suggestions 0b6d4e1a-7c35-4f8e-a2d9-5e1c3b9f8a70",
  config: { session, ...paging },
  run: ({ sessions }, { session, ...options }) => {
    const limit = pageSize(options)
    const pages = Stream.paginateChunkEffect(0, (offset) =>
      Effect.map(sessions.suggestions(session, { limit, offset }), (page) => [
        Chunk.unsafeFromArray(page),
        page.length < limit ? Option.none() : Option.some(offset + limit)
      ])
    )
    return printList(options, pages, [
      { name: "for", value: ({ target }) => target },
      { name: "created", value: ({ created_at }) => created_at, extra: true },
      { name: "suggestion", value: ({ content }) => content, cut: true }
    ])
  }
})

const clear = apiCommand({
  description: "Deletes every message of a session. The session and its memories stay.",
  example: "effect-julep sessions clear 0b6d4e1a-7c35-4f8e-a2d9-5e1c3b9f8a70",
  config: { session },
  run: ({ sessions }, { json, session }) =>
    Effect.zipRight(
      sessions.deleteHistory(session),
      json ? printJson({ id: session, cleared: true }) : printError(`Deleted the history of session ${session}.`)
    )
})

export const command = group({ list, get, create, update, delete: remove, history, clear, suggestions })
