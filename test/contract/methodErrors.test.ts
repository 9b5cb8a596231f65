/** The errors of each method are those whose statuses its operation declares, by type and when it runs. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { Embedded } from "../../src/embedded.js"
import type { Julep, RequestError } from "../../src/index.js"
import { stubbed } from "../support/client.js"
import * as f from "../support/fixtures.js"
import { tagOf } from "../support/tags.js"

/** The tags that only some methods have. */
type Declarable = "BadRequest" | "NotFound" | "Conflict"
const declarable: ReadonlySet<string> = new Set<Declarable>(["BadRequest", "NotFound", "Conflict"])

type Made = Effect.Effect<unknown, RequestError> | Stream.Stream<unknown, RequestError>

type ErrorOf<Result> =
  Result extends Effect.Effect<unknown, infer E> ? E : Result extends Stream.Stream<unknown, infer E> ? E : never

type TagOf<Error> = Error extends { readonly _tag: infer Tag extends Declarable } ? Tag : never

interface Method {
  readonly operationId: string
  readonly tags: ReadonlySet<string>
  readonly call: (julep: Julep.Service) => Made
}

/** A method, and then the declarable tags of its error type: one more or one less is an error of types. */
const method =
  <Result extends Made>(operationId: string, call: (julep: Julep.Service) => Result) =>
  (tags: { readonly [Tag in TagOf<ErrorOf<Result>>]: true }): Method => ({
    operationId,
    call,
    tags: new Set(Object.keys(tags))
  })

const get = { NotFound: true } as const
const list = { BadRequest: true } as const
const owned = { BadRequest: true, NotFound: true } as const
const create = { BadRequest: true, Conflict: true } as const
const write = { BadRequest: true, NotFound: true, Conflict: true } as const

const doc = { title: "Tides", content: "High at six." }
const tool = { type: "function", function: f.functionDef } as const
const messages = [{ role: "user", content: "Ahoy" }] as const
const ofAgent = { agent_id: f.agentId }
const ofUser = { user_id: f.userId }
const replaced = { overwrite: true } as const

const methods: ReadonlyArray<Method> = [
  method("GetAgent", ({ agents }) => agents.get(f.agentId))(get),
  method("CreateAgent", ({ agents }) => agents.create({ name: "Ada" }))(create),
  method("ListAgents", ({ agents }) => agents.list())(list),
  method("ListAgents", ({ agents }) => agents.listAll())(list),
  method("PatchAgent", ({ agents }) => agents.update(f.agentId, {}))(write),
  method("UpdateAgent", ({ agents }) => agents.update(f.agentId, { name: "Ada", about: "" }, replaced))(write),
  method("DeleteAgent", ({ agents }) => agents.delete(f.agentId))(get),
  method("GetUser", ({ users }) => users.get(f.userId))(get),
  method("CreateUser", ({ users }) => users.create({ name: "Sam" }))(create),
  method("ListUsers", ({ users }) => users.list())(list),
  method("ListUsers", ({ users }) => users.listAll())(list),
  method("PatchUser", ({ users }) => users.update(f.userId, {}))(write),
  method("UpdateUser", ({ users }) => users.update(f.userId, { name: "Sam", about: "" }, replaced))(write),
  method("DeleteUser", ({ users }) => users.delete(f.userId))({}),
  method("GetSession", ({ sessions }) => sessions.get(f.sessionId))(get),
  method("CreateSession", ({ sessions }) => sessions.create(ofAgent))(write),
  method("ListSessions", ({ sessions }) => sessions.list())(list),
  method("ListSessions", ({ sessions }) => sessions.listAll())(list),
  method("PatchSession", ({ sessions }) => sessions.update(f.sessionId, {}))(write),
  method("UpdateSession", ({ sessions }) => sessions.update(f.sessionId, { situation: "" }, replaced))(write),
  method("DeleteSession", ({ sessions }) => sessions.delete(f.sessionId))({}),
  method("GetSuggestions", ({ sessions }) => sessions.suggestions(f.sessionId))(get),
  method("ListPrompts", ({ sessions }) => sessions.prompts(f.sessionId))(get),
  method("GetHistory", ({ sessions }) => sessions.history(f.sessionId))(get),
  method("GetHistory", ({ sessions }) => sessions.historyAll(f.sessionId))(get),
  method("DeleteSessionHistory", ({ sessions }) => sessions.deleteHistory(f.sessionId))({}),
  method("Chat", ({ sessions }) => sessions.chat(f.sessionId, "Ahoy"))(write),
  method("Chat", ({ sessions }) => sessions.chatStream(f.sessionId, "Ahoy"))(write),
  method("RenderChat", ({ sessions }) => sessions.render(f.sessionId, "Ahoy"))(write),
  method("GetAgentDoc", ({ docs }) => docs.get({ ...ofAgent, doc_id: f.docId }))(get),
  method("GetUserDoc", ({ docs }) => docs.get({ ...ofUser, doc_id: f.docId }))(get),
  method("GetAgentDocs", ({ docs }) => docs.list(ofAgent))(owned),
  method("GetUserDocs", ({ docs }) => docs.listAll(ofUser))(owned),
  method("CreateAgentDoc", ({ docs }) => docs.create({ ...ofAgent, doc }))(write),
  method("CreateUserDoc", ({ docs }) => docs.create({ ...ofUser, doc }))(write),
  method("DeleteAgentDoc", ({ docs }) => docs.delete({ ...ofAgent, doc_id: f.docId }))(get),
  method("DeleteUserDoc", ({ docs }) => docs.delete({ ...ofUser, doc_id: f.docId }))(get),
  method("GetAgentMemories", ({ memories }) => memories.list(ofAgent))(get),
  method("GetAgentMemories", ({ memories }) => memories.listAll(ofAgent))(get),
  method("CreateAgentMemory", ({ memories }) => memories.create({ ...ofAgent, ...ofUser, content: "Sam sails." }))(
    write
  ),
  method("DeleteAgentMemory", ({ memories }) => memories.delete({ ...ofAgent, memory_id: f.memoryId }))(get),
  method("GetAgentTools", ({ tools }) => tools.list(f.agentId))(get),
  method("GetAgentTools", ({ tools }) => tools.listAll(f.agentId))(get),
  method("CreateAgentTool", ({ tools }) => tools.create({ ...ofAgent, tool }))(write),
  method("PatchAgentTool", ({ tools }) => tools.update({ ...ofAgent, tool_id: f.toolId, function: {} }))(write),
  method("UpdateAgentTool", ({ tools }) =>
    tools.update({ ...ofAgent, tool_id: f.toolId, function: f.functionDef, ...replaced })
  )(write),
  method("DeleteAgentTool", ({ tools }) => tools.delete({ ...ofAgent, tool_id: f.toolId }))(get),
  method("GetJobStatus", ({ jobs }) => jobs.get(f.jobId))(get),
  method("GetJobStatus", ({ jobs }) => jobs.await(f.jobId))(get),
  method("GetJobStatus", ({ jobs }) => jobs.watch(f.jobId))(get),
  method("createChatCompletion", ({ chat }) => chat.completions.create({ messages }))(write),
  method("createChatCompletion", ({ chat }) => chat.completions.stream({ messages }))(write),
  method("createCompletion", ({ completions }) => completions.create({ prompt: "Ahoy" }))(write),
  method("createCompletion", ({ completions }) => completions.stream({ prompt: "Ahoy" }))(write)
]

const members = (value: unknown): ReadonlyArray<readonly [string, unknown]> =>
  Predicate.isRecord(value) ? Object.entries(value) : []

/** The statuses of each operation, as the document of the engine declares them. */
const declared = Effect.map(
  Embedded.openApi,
  ({ paths }) =>
    new Map(
      members(paths).flatMap(([, path]) =>
        members(path).map(([, operation]) => {
          const { operationId, responses } = Predicate.isRecord(operation) ? operation : {}
          return [String(operationId), members(responses).map(([status]) => Number(status))] as const
        })
      )
    )
)

const statuses = [300, 304, 400, 401, 402, 403, 404, 405, 408, 409, 410, 413, 415, 422, 429, 451, 500, 502, 503, 599]

const failure = (made: Made) => Effect.flip(Effect.isEffect(made) ? Effect.asVoid(made) : Stream.runDrain(made))

describe("the errors of a method", () => {
  it.effect("are those of the statuses that its operation declares", () =>
    Effect.gen(function* () {
      const statusesOf = yield* declared
      for (const { operationId, tags } of methods) {
        const known = statusesOf.get(operationId)?.map((status) => tagOf(status)) ?? []
        const own = new Set(known.filter((tag) => declarable.has(tag)))
        expect([operationId, [...tags].sort()]).toEqual([operationId, [...own].sort()])
      }
    })
  )

  for (const status of statuses) {
    it.effect(`${status} is an error that the method has: where it declares no such status, UnexpectedResponse`, () =>
      Effect.gen(function* () {
        const { julep } = yield* stubbed(() => ({ status, headers: { "x-request-id": "r-1" } }))
        for (const { call, operationId, tags } of methods) {
          const tag = tagOf(status)
          const expected = declarable.has(tag) && !tags.has(tag) ? "UnexpectedResponse" : tag
          const error = yield* failure(call(julep))
          expect([operationId, error._tag]).toEqual([operationId, expected])
          expect(error).toMatchObject({
            status,
            requestId: "r-1",
            method: expect.any(String),
            path: expect.any(String)
          })
          expect(error.message).toContain(`returned ${status}`)
        }
      })
    )
  }
})
