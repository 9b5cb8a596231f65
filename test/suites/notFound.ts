import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import {
  AgentId,
  DocId,
  JobId,
  Julep,
  MemoryId,
  MessageId,
  type RequestError,
  SessionId,
  ToolId,
  UserId
} from "../../src/index.js"
import type { Mode } from "../support/modes.js"
import { failure, says, sceneWithUser, UNKNOWN_ID } from "../support/turns.js"

/** The ids of a resource of each kind. */
interface Ids {
  readonly agent: string
  readonly user: string
  readonly session: string
}

type Operation = (julep: Julep.Service, ids: Ids) => Effect.Effect<unknown, RequestError>

const doc = { title: "T", content: "C" }
const tool = { type: "function", function: { name: "f", parameters: {} } } as const
const replaced = { name: "n", about: "a" }
const put = { overwrite: true } as const
const hi = { messages: [says("Hi")] } as const
const agent = ({ agent }: Ids) => AgentId.make(agent)
const user = ({ user }: Ids) => UserId.make(user)
const session = ({ session }: Ids) => SessionId.make(session)
const aTool = (ids: Ids) => ({ agent_id: agent(ids), tool_id: ToolId.make(UNKNOWN_ID) })
const aMemory = (ids: Ids) => ({ agent_id: agent(ids), memory_id: MemoryId.make(UNKNOWN_ID) })
const aDoc = DocId.make(UNKNOWN_ID)

/** Every operation that names an agent, with one that does not exist. */
const ofAgents: Readonly<Record<string, Operation>> = {
  "GET agent": ({ agents }, ids) => agents.get(agent(ids)),
  "PUT agent": ({ agents }, ids) => agents.update(agent(ids), replaced, put),
  "PATCH agent": ({ agents }, ids) => agents.update(agent(ids), {}),
  "DELETE agent": ({ agents }, ids) => agents.delete(agent(ids)),
  "POST session": ({ sessions }, ids) => sessions.create({ agent_id: agent(ids) }),
  "GET docs": ({ docs }, ids) => docs.list({ agent_id: agent(ids) }),
  "POST doc": ({ docs }, ids) => docs.create({ agent_id: agent(ids), doc }),
  "GET tools": ({ tools }, ids) => tools.list(agent(ids)),
  "POST tool": ({ tools }, ids) => tools.create({ agent_id: agent(ids), tool }),
  "PUT tool": ({ tools }, ids) => tools.update({ ...aTool(ids), function: tool.function, overwrite: true }),
  "PATCH tool": ({ tools }, ids) => tools.update({ ...aTool(ids), function: {} }),
  "GET memories": ({ memories }, ids) => memories.list({ agent_id: agent(ids) }),
  "DELETE memory": ({ memories }, ids) => memories.delete(aMemory(ids))
}

const ofUsers: Readonly<Record<string, Operation>> = {
  "GET user": ({ users }, ids) => users.get(user(ids)),
  "PUT user": ({ users }, ids) => users.update(user(ids), replaced, put),
  "PATCH user": ({ users }, ids) => users.update(user(ids), {}),
  "GET docs": ({ docs }, ids) => docs.list({ user_id: user(ids) }),
  "POST doc": ({ docs }, ids) => docs.create({ user_id: user(ids), doc })
}

const ofSessions: Readonly<Record<string, Operation>> = {
  "GET session": ({ sessions }, ids) => sessions.get(session(ids)),
  "PUT session": ({ sessions }, ids) => sessions.update(session(ids), { situation: "" }, put),
  "PATCH session": ({ sessions }, ids) => sessions.update(session(ids), {}),
  "GET suggestions": ({ sessions }, ids) => sessions.suggestions(session(ids)),
  "GET history": ({ sessions }, ids) => sessions.history(session(ids)),
  "POST chat": ({ sessions }, ids) => sessions.chat(session(ids), hi),
  "POST chat, streamed": ({ sessions }, ids) => Stream.runDrain(sessions.chatStream(session(ids), hi)),
  "POST render": ({ sessions }, ids) => sessions.render(session(ids), hi),
  "GET prompts": ({ sessions }, ids) => sessions.prompts(session(ids)),
  "POST claims": ({ sessions }, ids) => sessions.claim(session(ids), { message_ids: [MessageId.make(UNKNOWN_ID)] })
}

/** Operations on something that does not exist, of an owner that does. */
const ofOwners: Readonly<Record<string, readonly [resource: string, operation: Operation]>> = {
  "POST session with a user": [
    "user",
    ({ sessions }, ids) => sessions.create({ agent_id: agent(ids), user_id: UserId.make(UNKNOWN_ID) })
  ],
  "GET memories of a user": [
    "user",
    ({ memories }, ids) => memories.list({ agent_id: agent(ids), user_id: UserId.make(UNKNOWN_ID) })
  ],
  "DELETE doc of an agent": ["doc", ({ docs }, ids) => docs.delete({ agent_id: agent(ids), doc_id: aDoc })],
  "DELETE doc of a user": ["doc", ({ docs }, ids) => docs.delete({ user_id: user(ids), doc_id: aDoc })],
  "PUT tool": ["tool", ({ tools }, ids) => tools.update({ ...aTool(ids), function: tool.function, overwrite: true })],
  "PATCH tool": ["tool", ({ tools }, ids) => tools.update({ ...aTool(ids), function: {} })],
  "DELETE tool": ["tool", ({ tools }, ids) => tools.delete(aTool(ids))],
  "DELETE memory": ["memory", ({ memories }, ids) => memories.delete(aMemory(ids))],
  "GET job": ["job", ({ jobs }) => jobs.get(JobId.make(UNKNOWN_ID))]
}

/** Deletes of what does not exist, which succeed: of users and sessions, and of docs and tools whose owner does not exist. */
const gone: Readonly<Record<string, Operation>> = {
  "DELETE user": ({ users }, ids) => users.delete(user(ids)),
  "DELETE session": ({ sessions }, ids) => sessions.delete(session(ids)),
  "DELETE history": ({ sessions }, ids) => sessions.deleteHistory(session(ids)),
  "DELETE doc of an agent": ({ docs }, ids) => docs.delete({ agent_id: agent(ids), doc_id: aDoc }),
  "DELETE doc of a user": ({ docs }, ids) => docs.delete({ user_id: user(ids), doc_id: aDoc }),
  "DELETE tool": ({ tools }, ids) => tools.delete(aTool(ids))
}

const unknownIds: Ids = { agent: UNKNOWN_ID, user: UNKNOWN_ID, session: UNKNOWN_ID }

const notFoundError = (resource: string, id: string) => ({
  _tag: "NotFound",
  status: 404,
  code: "NOT_FOUND",
  resource,
  id
})

const outcomes = Effect.fnUntraced(function* (operations: Readonly<Record<string, Operation>>, ids: Ids) {
  const julep = yield* Julep
  return yield* Effect.all(
    Object.fromEntries(
      Object.entries(operations).map(([name, run]) => [
        name,
        Effect.map(failure(run(julep, ids)), ({ _tag, code, id, resource, status }) => ({
          _tag,
          status,
          code,
          resource,
          id
        }))
      ])
    )
  )
})

const each = (operations: object, resource: string, id: string) =>
  Object.fromEntries(Object.keys(operations).map((name) => [name, notFoundError(resource, id)]))

/** Every operation that names a resource, with one that does not exist. */
export const notFound = (mode: Mode) =>
  describe("not found", () => {
    for (const [resource, operations] of [
      ["agent", ofAgents],
      ["user", ofUsers],
      ["session", ofSessions]
    ] as const) {
      it.effect(`every operation on an unknown ${resource} names it, and makes nothing`, () =>
        Effect.gen(function* () {
          const julep = yield* Julep
          expect(yield* outcomes(operations, unknownIds)).toEqual(each(operations, resource, UNKNOWN_ID))
          expect([yield* julep.agents.list(), yield* julep.users.list(), yield* julep.sessions.list()]).toEqual([
            [],
            [],
            []
          ])
        }).pipe(Effect.provide(mode()))
      )

      it.effect(`every operation on a deleted ${resource} names it`, () =>
        Effect.gen(function* () {
          const made = yield* sceneWithUser()
          const ids = { agent: made.agent.id, user: made.user.id, session: made.session.id }
          yield* made.julep[`${resource}s`].delete(ids[resource] as never)
          expect(yield* outcomes(operations, ids)).toEqual(each(operations, resource, ids[resource]))
        }).pipe(Effect.provide(mode()))
      )
    }

    it.effect("what does not exist is deleted: users, sessions, histories, docs and tools with their owners", () =>
      Effect.gen(function* () {
        const made = yield* sceneWithUser()
        const ids = { agent: made.agent.id, user: made.user.id, session: made.session.id }
        yield* made.julep.agents.delete(made.agent.id)
        yield* made.julep.users.delete(made.user.id)
        for (const [name, run] of Object.entries(gone)) {
          expect([name, yield* run(made.julep, ids)]).toEqual([name, undefined])
          expect([name, yield* run(made.julep, unknownIds)]).toEqual([name, undefined])
        }
      }).pipe(Effect.provide(mode()))
    )

    it.effect("the error names what the owner lacks, not the owner", () =>
      Effect.gen(function* () {
        const made = yield* sceneWithUser()
        const ids = { agent: made.agent.id, user: made.user.id, session: made.session.id }
        const operations = Object.fromEntries(Object.entries(ofOwners).map(([name, [, run]]) => [name, run]))
        expect(yield* outcomes(operations, ids)).toEqual(
          Object.fromEntries(
            Object.entries(ofOwners).map(([name, [resource]]) => [name, notFoundError(resource, UNKNOWN_ID)])
          )
        )
      }).pipe(Effect.provide(mode()))
    )
  })
