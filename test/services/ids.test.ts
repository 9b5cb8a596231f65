/** No id that is not a UUID reaches the network, in any method of any manager. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Julep } from "../../src/layers/Julep.js"
import type { InvalidObject, RequestError } from "../../src/schema/Errors.js"
import { MessageId } from "../../src/schema/Message.js"
import type { MaxRoundsExceeded } from "../../src/services/run/Run.js"
import { stubbed } from "../support/client.js"
import { crudOf } from "../support/crud.js"
import { errorFields } from "../support/errorFields.js"
import * as f from "../support/fixtures.js"

const hostile = [
  "../x",
  "a/b",
  "",
  "a?b",
  "%2e%2e",
  `${f.agentId}/`,
  ` ${f.agentId}`,
  `${f.agentId}\n`,
  `../agents/${f.agentId}`,
  `${f.agentId}?a=1#b`
]

type Failure = InvalidObject | RequestError | MaxRoundsExceeded
type Result = Effect.Effect<unknown, Failure> | Stream.Stream<unknown, Failure>
type Call = (julep: Julep.Service, id: never) => Result

const messages = [{ role: "user", content: "Ahoy" }] as const
const fn = f.functionDef
const doc = { title: "t", content: "c" }
const ofAgent = { agent_id: f.agentId }
const ofUser = { user_id: f.userId }
const full = { agents: { name: "n", about: "a" }, users: { name: "n", about: "a" }, sessions: { situation: "s" } }

const untyped = (value: unknown) => value as never

const crud = (name: "agents" | "users" | "sessions"): Readonly<Record<string, Call>> => ({
  [`${name}.get`]: (julep, id) => julep[name].get(id),
  [`${name}.update`]: (julep, id) => crudOf(julep, name).update(id, untyped({}), untyped({})),
  [`${name}.update, overwrite`]: (julep, id) =>
    crudOf(julep, name).update(id, untyped(full[name]), untyped({ overwrite: true })),
  [`${name}.delete`]: (julep, id) => julep[name].delete(id)
})

/** Every place of every method that takes an id, under the path that an issue must name. */
const calls: Readonly<Record<string, Call>> = {
  ...crud("agents"),
  ...crud("users"),
  ...crud("sessions"),
  "sessions.create, agent_id": (julep, agent_id) => julep.sessions.create({ agent_id }),
  "sessions.create, user_id": (julep, user_id) => julep.sessions.create({ ...ofAgent, user_id }),
  "sessions.chat": (julep, id) => julep.sessions.chat(id, { messages }),
  "sessions.chat, tools[].id": (julep, id) =>
    julep.sessions.chat(f.sessionId, { messages, tools: [{ id, type: "function", function: fn }] }),
  "sessions.chatStream": (julep, id) => julep.sessions.chatStream(id, { messages }),
  "sessions.chatObject": (julep, id) => julep.sessions.chatObject(id, { messages }, { type: "object" }),
  "sessions.chatObjectStream": (julep, id) => julep.sessions.chatObjectStream(id, { messages }, { type: "object" }),
  "sessions.history": (julep, id) => julep.sessions.history(id),
  "sessions.render": (julep, id) => julep.sessions.render(id, { messages: [{ role: "user", content: "a" }] }),
  "sessions.prompts": (julep, id) => julep.sessions.prompts(id),
  "sessions.claim": (julep, id) => julep.sessions.claim(id, { message_ids: [MessageId.make(f.messageId)] }),
  "sessions.claim, message_ids": (julep, message_id) =>
    julep.sessions.claim(f.sessionId, { message_ids: [message_id] }),
  "sessions.run": (julep, id) => julep.sessions.run(id, "a", { tools: {} }),
  "sessions.runStream": (julep, id) => julep.sessions.runStream(id, "a", { tools: {} }),
  "sessions.resume": (julep, id) => julep.sessions.resume(id, { tools: {} }),
  "sessions.resumeStream": (julep, id) => julep.sessions.resumeStream(id, { tools: {} }),
  "sessions.historyAll": (julep, id) => julep.sessions.historyAll(id),
  "sessions.deleteHistory": (julep, id) => julep.sessions.deleteHistory(id),
  "sessions.suggestions": (julep, id) => julep.sessions.suggestions(id),
  "docs.get, agent": (julep, agent_id) => julep.docs.get({ agent_id, doc_id: f.docId }),
  "docs.get, user": (julep, user_id) => julep.docs.get({ user_id, doc_id: f.docId }),
  "docs.get, doc of an agent": (julep, doc_id) => julep.docs.get({ ...ofAgent, doc_id }),
  "docs.get, doc of a user": (julep, doc_id) => julep.docs.get({ user_id: f.userId, doc_id }),
  "docs.search, agent": (julep, agent_id) => julep.docs.search({ agent_id }, "a"),
  "docs.search, user": (julep, user_id) => julep.docs.search({ user_id }, "a"),
  "docs.sync, agent": (julep, agent_id) => julep.docs.sync({ agent_id }, []),
  "docs.sync, user": (julep, user_id) => julep.docs.sync({ user_id }, []),
  "docs.list, agent": (julep, agent_id) => julep.docs.list({ agent_id }),
  "docs.list, user": (julep, user_id) => julep.docs.list({ user_id }),
  "docs.listAll, agent": (julep, agent_id) => julep.docs.listAll({ agent_id }),
  "docs.listAll, user": (julep, user_id) => julep.docs.listAll({ user_id }),
  "docs.create, agent": (julep, agent_id) => julep.docs.create({ agent_id, doc }),
  "docs.create, user": (julep, user_id) => julep.docs.create({ user_id, doc }),
  "docs.delete, agent": (julep, agent_id) => julep.docs.delete({ agent_id, doc_id: f.docId }),
  "docs.delete, user": (julep, user_id) => julep.docs.delete({ user_id, doc_id: f.docId }),
  "docs.delete, doc of an agent": (julep, doc_id) => julep.docs.delete({ ...ofAgent, doc_id }),
  "docs.delete, doc of a user": (julep, doc_id) => julep.docs.delete({ user_id: f.userId, doc_id }),
  "memories.list, agent": (julep, agent_id) => julep.memories.list({ agent_id }),
  "memories.list, user": (julep, user_id) => julep.memories.list({ ...ofAgent, user_id }),
  "memories.listAll, agent": (julep, agent_id) => julep.memories.listAll({ agent_id }),
  "memories.listAll, user": (julep, user_id) => julep.memories.listAll({ ...ofAgent, user_id }),
  "memories.create, agent": (julep, agent_id) => julep.memories.create({ agent_id, ...ofUser, content: "a" }),
  "memories.create, user": (julep, user_id) => julep.memories.create({ ...ofAgent, user_id, content: "a" }),
  "memories.delete, agent": (julep, agent_id) => julep.memories.delete({ agent_id, memory_id: f.memoryId }),
  "memories.delete, memory": (julep, memory_id) => julep.memories.delete({ ...ofAgent, memory_id }),
  "tools.list": (julep, id) => julep.tools.list(id),
  "tools.listAll": (julep, id) => julep.tools.listAll(id),
  "tools.create": (julep, agent_id) => julep.tools.create({ agent_id, tool: { type: "function", function: fn } }),
  "tools.update, agent": (julep, agent_id) => julep.tools.update({ agent_id, tool_id: f.toolId, function: {} }),
  "tools.update, tool": (julep, tool_id) => julep.tools.update({ ...ofAgent, tool_id, function: {} }),
  "tools.update, overwrite": (julep, tool_id) =>
    julep.tools.update({ ...ofAgent, tool_id, function: fn, overwrite: true }),
  "tools.delete, agent": (julep, agent_id) => julep.tools.delete({ agent_id, tool_id: f.toolId }),
  "tools.delete, tool": (julep, tool_id) => julep.tools.delete({ ...ofAgent, tool_id }),
  "jobs.get": (julep, id) => julep.jobs.get(id),
  "jobs.await": (julep, id) => julep.jobs.await(id),
  "jobs.watch": (julep, id) => julep.jobs.watch(id)
}

const run = (result: Result): Effect.Effect<unknown, Failure> =>
  Effect.isEffect(result) ? result : Stream.runDrain(result)

/** Methods that take no id: their names are here so that a new method must be put in one list or the other. */
const idless = [
  "agents.create",
  "agents.ensure",
  "agents.list",
  "agents.listAll",
  "users.create",
  "users.list",
  "users.listAll",
  "sessions.list",
  "sessions.listAll",
  "completions.create",
  "completions.stream"
]

describe("ids", () => {
  it.effect("of every method are tested", () =>
    Effect.gen(function* () {
      const { julep } = yield* stubbed({})
      const { chat: _, ...managers } = julep
      const methods = Object.entries(managers).flatMap(([name, manager]) =>
        Object.keys(manager).map((method) => `${name}.${method}`)
      )
      const tested = new Set(Object.keys(calls).map((name) => name.split(",")[0]))
      expect(methods.filter((method) => !tested.has(method)).sort()).toEqual([...idless].sort())
    })
  )

  for (const [name, call] of Object.entries(calls)) {
    it.effect(`${name} sends none but UUIDs`, () =>
      Effect.gen(function* () {
        const { julep, http } = yield* stubbed({ status: 500 })
        for (const id of hostile) {
          const error = errorFields(yield* Effect.flip(run(call(julep, id as never))))
          expect(error["_tag"], JSON.stringify(id)).toBe("InvalidRequest")
          expect(error["message"]).toContain("UUID")
          expect(error["message"]).toMatch(/(_id|_ids\[0\]|tools\[0\]\.id):/)
        }
        expect(http.requests).toEqual([])
        // The same call with a UUID is sent, so the id was refused.
        yield* Effect.flip(run(call(julep, f.otherId(5) as never)))
        expect(http.requests).toHaveLength(1)
      })
    )
  }
})
