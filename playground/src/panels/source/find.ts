/** Finds what a part of a prompt was made of. */

import { Atom } from "@effect-atom/atom-react"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import {
  type AgentId,
  type ChatMLMessage,
  contentText,
  type Doc,
  DocId,
  type GetError,
  Julep,
  type Memory,
  type SessionId
} from "effect-julep"
import { runtime } from "../../client.js"
import type { Selection } from "../../state/selection.js"
import type { Source } from "./Source.js"

/** The owner of what is looked for: atoms of a family are told apart by it. */
export class Wanted extends Data.Class<Source & Selection> {}

/** What was found. */
export interface Found {
  readonly title: string
  readonly at: Date | undefined
  readonly text: string
  /** The messages that a memory comes from. */
  readonly messages: ReadonlyArray<string>
  /** The message that was found, which may be in another session of the agent. */
  readonly session?: SessionId | undefined
}

/** It was there when the prompt was made, and is not any more. */
export class Gone extends Data.TaggedError("Gone")<{ readonly message: string }> {}

const gone = ({ kind }: Source) =>
  new Gone({ message: `There is no such ${kind} any more. It was changed or deleted after the prompt was made.` })

const ofDoc = ({ content, created_at, title }: Doc): Found => ({
  title,
  at: created_at,
  text: typeof content === "string" ? content : content.join("\n\n"),
  messages: []
})

const ofMemory = ({ content, created_at, source_message_ids, timestamp }: Memory): Found => ({
  title: "Memory",
  at: timestamp ?? created_at,
  text: content,
  messages: source_message_ids ?? []
})

const ofMessage = ({ content, created_at, name, role }: ChatMLMessage, session: SessionId): Found => ({
  title: name ? `Message of ${name} (${role})` : `Message (${role})`,
  at: created_at,
  text: contentText(content),
  messages: [],
  session
})

const asJson = (title: string, value: object, at?: Date | null): Found => ({
  title,
  at: at ?? undefined,
  text: JSON.stringify(value, null, 2),
  messages: []
})

const docOf = ({ docs }: Julep.Service, { agent, id, user }: Wanted): Effect.Effect<Option.Option<Found>, GetError> => {
  const doc_id = DocId.make(id)
  const owners = [
    ...(agent === undefined ? [] : [{ agent_id: agent }]),
    ...(user === undefined ? [] : [{ user_id: user }])
  ]
  return Effect.reduce(owners, Option.none<Found>(), (found, owner) =>
    Option.isSome(found)
      ? Effect.succeed(found)
      : Effect.catchTag(
          Effect.asSome(Effect.map(docs.get({ ...owner, doc_id }), ofDoc)),
          "NotFound",
          () => Effect.succeedNone
        )
  )
}

/** Memories cannot be read one by one. */
const memoryOf = ({ memories }: Julep.Service, agent_id: AgentId, { id, user }: Wanted) =>
  memories.listAll({ agent_id, ...(user === undefined ? {} : { user_id: user }) }).pipe(
    Stream.filter((memory) => memory.id === id),
    Stream.map(ofMemory),
    Stream.runHead
  )

const messageIn = ({ sessions }: Julep.Service, session: SessionId, id: string) =>
  sessions.historyAll(session).pipe(
    Stream.filter((message) => message.id === id),
    Stream.map((message) => ofMessage(message, session)),
    // A session may be deleted meanwhile.
    Stream.catchTag("NotFound", () => Stream.empty)
  )

/** In the session, else in the others of its agent and its user, whose messages it recalls. */
const messageOf = (julep: Julep.Service, { agent, id, session, user }: Wanted) => {
  const others = julep.sessions.listAll({ limit: 100 }).pipe(
    Stream.filter((other) => other.id !== session && other.agent_id === agent && (other.user_id ?? undefined) === user),
    Stream.flatMap((other) => messageIn(julep, other.id, id))
  )
  const here = session === undefined ? Stream.empty : messageIn(julep, session, id)
  return Stream.runHead(Stream.concat(here, others))
}

const toolOf = ({ tools }: Julep.Service, agent: AgentId, { id }: Wanted) =>
  tools.listAll(agent).pipe(
    Stream.filter((tool) => tool.id === id),
    Stream.map((tool) => asJson(tool.function.name, tool.function)),
    Stream.runHead
  )

const find = (julep: Julep.Service, wanted: Wanted) => {
  const { agent, kind, session, user } = wanted
  const one = <A extends { readonly created_at?: Date | null | undefined }, E>(
    get: Effect.Effect<A, E> | undefined,
    title: (value: A) => string
  ) =>
    get === undefined
      ? Effect.succeedNone
      : Effect.asSome(Effect.map(get, (value) => asJson(title(value), value, value.created_at)))
  const named = ({ name }: { readonly name: string }) => name
  switch (kind) {
    case "agent":
      return one(agent && julep.agents.get(agent), named)
    case "user":
      return one(user && julep.users.get(user), named)
    case "session":
      return one(session && julep.sessions.get(session), () => "Session")
    case "doc":
      return docOf(julep, wanted)
    case "memory":
      return agent === undefined ? Effect.succeedNone : memoryOf(julep, agent, wanted)
    case "tool":
      return agent === undefined ? Effect.succeedNone : toolOf(julep, agent, wanted)
    case "message":
      return messageOf(julep, wanted)
  }
}

/** What is wanted, read when it is opened. */
export const found = Atom.family((wanted: Wanted) =>
  runtime.atom(
    Effect.gen(function* () {
      const julep = yield* Julep
      const one = yield* find(julep, wanted)
      return yield* Option.match(one, { onNone: () => Effect.fail(gone(wanted)), onSome: Effect.succeed })
    })
  )
)
