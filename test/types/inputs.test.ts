/** The inputs that the types accept and reject. Every refused line must be an error to `tsc`. */
import { describe, expectTypeOf, it } from "@effect/vitest"
import type * as Effect from "effect/Effect"
import type {
  Agent,
  AgentId,
  ChatInput,
  ChatResponse,
  CreateAgent,
  CreateSession,
  Doc,
  DocId,
  Docs,
  Julep,
  JulepConfig,
  PatchAgent,
  PatchUser,
  Session,
  SessionId,
  Tools,
  UserId
} from "../../src/index.js"

declare const julep: Julep.Service
declare const agent_id: AgentId
declare const user_id: UserId
declare const doc_id: DocId
declare const session: SessionId

const doc = { title: "t", content: "c" }
const parameters = {}

/** Holds code that is checked and never run. */
const checked = (_code: () => unknown) => {}

describe("docs have exactly one owner", () => {
  it("at compile time", () => {
    checked(() => [
      julep.docs.list({ agent_id }),
      julep.docs.list({ user_id }, { limit: 3 }),
      julep.docs.create({ user_id, doc }),
      julep.docs.delete({ agent_id, doc_id }),
      // @ts-expect-error both owners
      julep.docs.list({ agent_id, user_id }),
      // @ts-expect-error no owner
      julep.docs.list({}),
      // @ts-expect-error both owners
      julep.docs.listAll({ agent_id, user_id }),
      // @ts-expect-error no owner
      julep.docs.create({ doc }),
      // @ts-expect-error both owners
      julep.docs.create({ agent_id, user_id, doc }),
      // @ts-expect-error no owner
      julep.docs.delete({ doc_id }),
      // @ts-expect-error both owners
      julep.docs.delete({ agent_id, user_id, doc_id })
    ])
    expectTypeOf<{ agent_id: AgentId }>().toExtend<Docs.Owner>()
    expectTypeOf<{ agent_id: AgentId; user_id: UserId }>().not.toExtend<Docs.Owner>()
  })
})

describe("overwrite requires the full resource", () => {
  it("and a change requires no member", () => {
    checked(() => [
      julep.agents.update(agent_id, {}),
      julep.agents.update(agent_id, { name: "n" }, { overwrite: false }),
      julep.agents.update(agent_id, { name: "n", about: "a" }, { overwrite: true }),
      julep.users.update(user_id, { about: "" }),
      julep.sessions.update(session, { situation: "" }, { overwrite: true }),
      // @ts-expect-error about is missing
      julep.agents.update(agent_id, { name: "n" }, { overwrite: true }),
      // @ts-expect-error name is missing
      julep.users.update(user_id, { about: "a" }, { overwrite: true }),
      // @ts-expect-error situation is missing
      julep.sessions.update(session, {}, { overwrite: true })
    ])
    type Path = Tools.Path
    type Nothing = Readonly<Record<never, never>>
    expectTypeOf<Path & { function: Nothing }>().toExtend<Tools.UpdateInput>()
    expectTypeOf<Path & { function: Nothing; overwrite: true }>().not.toExtend<Tools.UpdateInput>()
    expectTypeOf<
      Path & { function: { name: string; parameters: typeof parameters }; overwrite: true }
    >().toExtend<Tools.UpdateInput>()
  })
})

type NullableKeys<T> = { [Key in keyof T]-?: null extends T[Key] ? Key : never }[keyof T]

describe("request types", () => {
  it("do not offer null", () => {
    expectTypeOf<NullableKeys<CreateAgent>>().toEqualTypeOf<never>()
    expectTypeOf<NullableKeys<PatchAgent>>().toEqualTypeOf<never>()
    expectTypeOf<NullableKeys<PatchUser>>().toEqualTypeOf<never>()
    expectTypeOf<NullableKeys<CreateSession>>().toEqualTypeOf<never>()
    expectTypeOf<NullableKeys<ChatInput>>().toEqualTypeOf<never>()
    expectTypeOf<NullableKeys<NonNullable<CreateAgent["default_settings"]>>>().toEqualTypeOf<never>()
  })

  it("have no stream member, and closed roles", () => {
    expectTypeOf<ChatInput>().not.toHaveProperty("stream")
    checked(() => [
      // @ts-expect-error a role that does not exist
      julep.sessions.chat(session, { messages: [{ role: "robot", content: "" }] }),
      // @ts-expect-error a query of the wrong type
      julep.agents.list({ metadata_filter: "{}" })
    ])
  })

  it("take undefined where a member may be left out", () => {
    checked(() => julep.agents.create({ name: "n", about: undefined, metadata: undefined, tools: undefined }))
  })
})

describe("ids", () => {
  it("are branded: one kind is not another, and a text is none", () => {
    expectTypeOf<AgentId>().toExtend<string>()
    expectTypeOf<string>().not.toExtend<AgentId>()
    expectTypeOf<UserId>().not.toExtend<AgentId>()
    checked(() => [
      // @ts-expect-error a text is not an id
      julep.agents.get("6b3f0000-0000-4000-8000-000000000000"),
      // @ts-expect-error an id of another kind
      julep.agents.get(user_id),
      // @ts-expect-error an id of another kind
      julep.sessions.create({ agent_id: user_id })
    ])
  })
})

describe("results", () => {
  type Success<T extends (...args: never) => Effect.Effect<unknown, unknown, unknown>> = Effect.Effect.Success<
    ReturnType<T>
  >

  it("are plain values: arrays, void, dates, optional members without null", () => {
    expectTypeOf<Success<Julep.Service["agents"]["list"]>>().toEqualTypeOf<ReadonlyArray<Agent>>()
    expectTypeOf<Success<Julep.Service["agents"]["delete"]>>().toEqualTypeOf<void>()
    expectTypeOf<Success<Julep.Service["docs"]["list"]>>().toEqualTypeOf<ReadonlyArray<Doc>>()
    expectTypeOf<Doc["created_at"]>().toEqualTypeOf<Date>()
    expectTypeOf<Agent["created_at"]>().toEqualTypeOf<Date | undefined>()
    expectTypeOf<Session["user_id"]>().toEqualTypeOf<UserId | undefined>()
  })

  it("of a create hold what was sent and its identity", () => {
    type Made = Success<Julep.Service["agents"]["create"]>
    expectTypeOf<Made["id"]>().toEqualTypeOf<AgentId>()
    expectTypeOf<Made["created_at"]>().toEqualTypeOf<Date>()
    expectTypeOf<Made["name"]>().toEqualTypeOf<string>()
    expectTypeOf<Made>().not.toHaveProperty("updated_at")
  })

  it("of a chat have a first message by type", () => {
    expectTypeOf<ChatResponse["response"][0][0]["content"]>().not.toEqualTypeOf<undefined>()
    expectTypeOf<undefined>().not.toExtend<ChatResponse["response"][0][0]>()
  })

  it("the configuration keeps the key redacted", () => {
    expectTypeOf<string>().not.toExtend<JulepConfig.Service["apiKey"]>()
  })
})
