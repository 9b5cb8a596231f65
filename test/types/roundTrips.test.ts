/** What `get` and `list` give, `update` and `create` take, in both APIs. `tsc` checks it; the suites run it. */
import { describe, expectTypeOf, it } from "@effect/vitest"
import * as JSONSchema from "effect/JSONSchema"
import * as Schema from "effect/Schema"
import type * as A from "../../src/index.js"
import type * as P from "../../src/promise/index.js"

declare const julep: A.Julep.Service
declare const client: P.Client

/** Holds code that is checked and never run. */
const checked = (_code: () => unknown) => {}

const about = "writes engines"
const overwrite = { overwrite: true } as const

describe("a resource that was read", () => {
  it("is written with changes", () => {
    checked(() => (agent: A.Agent, user: A.User, session: A.Session, doc: A.Doc, tool: A.Tool) => [
      julep.tools.create({ agent_id: agent.id, tool: { ...tool } }),
      julep.tools.create({ agent_id: agent.id, tool }),
      julep.tools.update({ agent_id: agent.id, tool_id: tool.id, ...tool, overwrite: true }),
      // @ts-expect-error a type that does not exist
      julep.tools.create({ agent_id: agent.id, tool: { type: "functoin", function: tool.function } }),
      julep.agents.update(agent.id, { ...agent, about }),
      julep.agents.update(agent.id, { ...agent, about }, overwrite),
      julep.agents.create({ ...agent, docs: [doc] }),
      julep.users.update(user.id, { ...user, about }),
      julep.users.update(user.id, { ...user, about }, overwrite),
      julep.users.create({ ...user }),
      julep.sessions.update(session.id, { ...session, situation: "" }),
      julep.sessions.update(session.id, { ...session }, overwrite),
      julep.sessions.create({ ...session }),
      julep.docs.create({ agent_id: agent.id, doc: { ...doc } }),
      julep.docs.create({ user_id: user.id, doc })
    ])
    checked(() => (agent: P.Agent, user: P.User, session: P.Session, doc: P.Doc, tool: P.Tool) => [
      client.tools.create({ agent_id: agent.id, tool: { ...tool } }),
      client.tools.create({ agent_id: agent.id, tool }),
      client.tools.update({ agent_id: agent.id, tool_id: tool.id, ...tool, overwrite: true }),
      // @ts-expect-error a type that does not exist
      client.tools.create({ agent_id: agent.id, tool: { type: "functoin", function: tool.function } }),
      client.agents.update(agent.id, { ...agent, about }),
      client.agents.update(agent.id, { ...agent, about }, overwrite),
      client.agents.create({ ...agent, docs: [doc] }),
      client.users.update(user.id, { ...user, about }),
      client.users.update(user.id, { ...user, about }, overwrite),
      client.users.create({ ...user }),
      client.sessions.update(session.id, { ...session, situation: "" }),
      client.sessions.update(session.id, { ...session }, overwrite),
      client.sessions.create({ ...session }),
      client.docs.create({ agent_id: agent.id, doc: { ...doc } }),
      client.docs.create({ user_id: user.id, doc })
    ])
  })

  it("is not the result of a create, whose docs and tools an update does not change", () => {
    checked(() => async () => {
      const agent = await client.agents.create({ name: "Ada" })
      const user = await client.users.create({})
      const { docs, functions, tools, ...changed } = agent
      return [
        // @ts-expect-error `docs`, `functions` and `tools` are not members of an update
        client.agents.update(agent.id, { ...agent, about }),
        // @ts-expect-error `docs` is not a member of an update
        client.users.update(user.id, { ...user, about }),
        client.agents.update(agent.id, { ...changed, about }),
        docs,
        functions,
        tools
      ]
    })
    checked(() => (created: A.Agents.CreateInput & { readonly id: A.AgentId }) => [
      // @ts-expect-error `docs`, `functions` and `tools` are not members of an update
      julep.agents.update(created.id, { ...created, about })
    ])
  })

  it("is sent again: messages of a history and of a reply", () => {
    checked(
      () =>
        (id: A.SessionId, history: ReadonlyArray<A.ChatMLMessage>, reply: A.ChatResponse, entry: A.ChatMLMessage) => [
          julep.sessions.chat(id, { messages: history }),
          julep.sessions.chatStream(id, { messages: [...history, { role: "user", content: about }] }),
          julep.sessions.run(id, { messages: [{ ...entry, content: about }] }, { tools: {} }),
          julep.sessions.chatObject(id, { messages: reply.response[0] }, Schema.String),
          julep.sessions.render(id, { messages: [entry] }),
          // @ts-expect-error a role that does not exist
          julep.sessions.chat(id, { messages: [entry, { role: "usr", content: about }] })
        ]
    )
    checked(
      () => (id: string, history: ReadonlyArray<P.ChatMLMessage>, reply: P.ChatResponse, entry: P.ChatMLMessage) => [
        client.sessions.chat(id, { messages: history }),
        client.sessions.chatStream(id, { messages: [...history, { role: "user", content: about }] }),
        client.sessions.run(id, { messages: [{ ...entry, content: about }] }, { tools: {} }),
        client.sessions.chatObject(id, { messages: reply.response[0] }, Schema.String),
        client.sessions.render(id, { messages: [entry] }),
        // @ts-expect-error a role that does not exist
        client.sessions.chat(id, { messages: [entry, { role: "usr", content: about }] })
      ]
    )
  })

  it("has no nulls", () => {
    type Nullable<T> = { [Key in keyof T]-?: null extends T[Key] ? Key : never }[keyof T]
    expectTypeOf<Nullable<A.Agent>>().toEqualTypeOf<never>()
    expectTypeOf<Nullable<A.User>>().toEqualTypeOf<never>()
    expectTypeOf<Nullable<A.Session>>().toEqualTypeOf<never>()
    expectTypeOf<Nullable<A.Doc>>().toEqualTypeOf<never>()
    expectTypeOf<Nullable<A.Memory>>().toEqualTypeOf<never>()
    expectTypeOf<Nullable<A.Tool["function"]>>().toEqualTypeOf<never>()
    expectTypeOf<Nullable<A.ChatMLMessage>>().toEqualTypeOf<never>()
    expectTypeOf<Nullable<A.ChatResponse>>().toEqualTypeOf<never>()
    expectTypeOf<Nullable<P.Agent>>().toEqualTypeOf<never>()
    expectTypeOf<Nullable<P.Session>>().toEqualTypeOf<never>()
  })
})

interface Team {
  readonly name: string
  readonly size?: number
}

const Args = Schema.Struct({ order: Schema.Int })
const parameters = JSONSchema.make(Args)

describe("free-form JSON", () => {
  it("takes JSON Schemas and values of one's own interfaces", () => {
    checked(() => (session: A.SessionId, team: Team) => [
      julep.agents.create({ name: "Ada", metadata: team, functions: [{ name: "f", parameters }] }),
      julep.users.create({ metadata: team, docs: [{ title: "t", content: "c", metadata: team }] }),
      julep.sessions.chat(session, {
        messages: [],
        tools: [{ type: "function", function: { name: "f", parameters } }],
        response_format: { type: "json_object", schema: parameters },
        extra: team
      }),
      client.agents.create({ name: "Ada", metadata: team, functions: [{ name: "f", parameters }] }),
      client.users.create({ metadata: team, docs: [{ title: "t", content: "c", metadata: team }] }),
      client.sessions.chat(session, {
        messages: [],
        tools: [{ type: "function", function: { name: "f", parameters } }],
        response_format: { type: "json_object", schema: parameters },
        extra: team
      }),
      // @ts-expect-error a text is not a JSON object
      julep.users.create({ metadata: "north" }),
      // @ts-expect-error a text is not a JSON object
      client.users.create({ metadata: "north" })
    ])
  })
})

describe("lists", () => {
  it("of any kind are read only lists, in inputs too", () => {
    checked(() => (messages: ReadonlyArray<A.InputChatMLMessage>, chunks: ReadonlyArray<string>, id: A.SessionId) => [
      julep.sessions.chat(id, { messages }),
      julep.sessions.chatStream(id, { messages }),
      julep.chat.completions.create({ messages: messages.map(({ role }) => ({ role, content: "" })) }),
      julep.agents.create({ name: "Ada", instructions: chunks, docs: [{ title: "t", content: chunks }] }),
      client.sessions.chat(id, { messages }),
      client.agents.create({ name: "Ada", instructions: chunks, docs: [{ title: "t", content: chunks }] })
    ])
  })
})
