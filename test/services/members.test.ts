/** Members that an input does not have: the client refuses them by name, and leaves out those that a server set. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Julep } from "../../src/layers/Julep.js"
import { Client } from "../../src/promise/index.js"
import type { RequestError } from "../../src/schema/Errors.js"
import { stubbed } from "../support/client.js"
import { errorFields } from "../support/errorFields.js"
import * as f from "../support/fixtures.js"

type Call = (julep: Julep.Service) => Effect.Effect<unknown, RequestError>

/** Values that a caller without types could pass. */
const untyped = (value: unknown) => value as never
const ofAgent = { agent_id: f.agentId }
const says = { role: "user", content: "Ahoy" }
const create =
  (more: object): Call =>
  (julep) =>
    julep.agents.create(untyped({ name: "Ada", ...more }))
const chat =
  (more: object): Call =>
  (julep) =>
    julep.sessions.chat(f.sessionId, untyped({ messages: [says], ...more }))
const tool = (more: object, definition: object = {}) => ({
  type: "function",
  function: { name: "look_up", parameters: {}, ...definition },
  ...more
})

/** Inputs with one unknown member: the issue that they give. */
const refused: ReadonlyArray<readonly [path: string, message: string, call: Call]> = [
  ["instrutions", "is not a member of an agent. Did you mean `instructions`?", create({ instrutions: [] })],
  ["defaultSettings", "is not a member of an agent. Did you mean `default_settings`?", create({ defaultSettings: {} })],
  ["colour", "is not a member of an agent.", create({ colour: "red" })],
  [
    "default_settings.temprature",
    "is not a member of the settings of an agent. Did you mean `temperature`?",
    create({ default_settings: { temprature: 1 } })
  ],
  [
    "tools[0].function.paramters",
    "is not a member of a function. Did you mean `parameters`?",
    create({ tools: [tool({}, { paramters: {} })] })
  ],
  ["tools[0].nmae", "is not a member of a tool.", create({ tools: [tool({ nmae: "x" })] })],
  [
    "docs[1].titel",
    "is not a member of a doc. Did you mean `title`?",
    create({
      docs: [
        { title: "t", content: "c" },
        { title: "t", content: "c", titel: "t" }
      ]
    })
  ],
  ["abuot", "is not a member of a user. Did you mean `about`?", (julep) => julep.users.create(untyped({ abuot: "" }))],
  [
    "situaton",
    "is not a member of a session. Did you mean `situation`?",
    (julep) => julep.sessions.update(f.sessionId, untyped({ situaton: "" }))
  ],
  [
    "tools",
    "is not a member of an agent. Tools are changed with tools.create, tools.update and tools.delete.",
    (julep) => julep.agents.update(f.agentId, untyped({ name: "a", about: "", tools: [] }), { overwrite: true })
  ],
  [
    "docs",
    "is not a member of an agent. Docs are changed with docs.create, docs.sync and docs.delete.",
    (julep) => julep.agents.update(f.agentId, untyped({ docs: [] }))
  ],
  [
    "docs",
    "is not a member of a user. Docs are changed with docs.create, docs.sync and docs.delete.",
    (julep) => julep.users.update(f.userId, untyped({ docs: [] }))
  ],
  [
    "metdata",
    "is not a member of a doc. Did you mean `metadata`?",
    (julep) => julep.docs.create({ ...ofAgent, doc: untyped({ title: "t", content: "c", metdata: {} }) })
  ],
  ["maxTokens", "is not a member of a chat. Did you mean `max_tokens`?", chat({ maxTokens: 3 })],
  ...["reasoning_effort", "parallel_tool_calls", "user", "metadata", "store", "service_tier", "prompt_cache_key"].map(
    (name) =>
      [name, "is not a member of a chat. Members of the endpoint go into `extra`.", chat({ [name]: "low" })] as const
  ),
  ["model", "is not a member of a chat. It is the agent's.", chat({ model: "gpt" })],
  ["n", "is not a member of a chat. A chat has one reply.", chat({ n: 2 })],
  [
    "max_completion_tokens",
    "is not a member of a chat. Did you mean `max_tokens`?",
    chat({ max_completion_tokens: 9 })
  ],
  [
    "messages[0].tool_calls",
    "is not a member of a message. Each call is a message of the role `function_call`",
    chat({ messages: [{ role: "assistant", content: "", tool_calls: [] }] })
  ],
  [
    "messages[0].content[0].cache_control",
    "is not a member of messages[0].content[0].",
    chat({ messages: [{ role: "user", content: [{ type: "text", text: "", cache_control: {} }] }] })
  ],
  [
    "messages[1].contents",
    "is not a member of a message. Did you mean `content`?",
    chat({ messages: [says, { ...says, contents: "" }] })
  ],
  [
    "messages[0].content[0].txt",
    "is not a member of messages[0].content[0]. Did you mean `text`?",
    chat({ messages: [{ role: "user", content: [{ type: "text", text: "", txt: "" }] }] })
  ],
  ["response_format.shema", "Did you mean `schema`?", chat({ response_format: { type: "json_object", shema: {} } })],
  ["recall.passage", "Did you mean `passages`?", chat({ recall: { passage: 3 } })],
  ["limt", "Did you mean `limit`?", (julep) => julep.agents.list(untyped({ limt: 3 }))],
  [
    "temprature",
    "is not a member of a chat. Did you mean `temperature`?",
    (julep) => Stream.runDrain(julep.sessions.chatStream(f.sessionId, untyped({ messages: [says], temprature: 1 })))
  ]
]

interface Issues {
  readonly _tag: string
  readonly message: string
  readonly issues: ReadonlyArray<{ readonly path: string; readonly message: string }>
}

const issuesOf = (call: Call) =>
  Effect.gen(function* () {
    const { julep, http } = yield* stubbed({ body: {} })
    // An error of another kind has no issues, and the test fails.
    const error = errorFields(yield* Effect.flip(call(julep))) as unknown as Issues
    expect(error._tag).toBe("InvalidRequest")
    expect(http.requests).toEqual([])
    return error
  })

describe("an unknown member", () => {
  for (const [path, message, call] of refused) {
    it.effect(`${path}: ${message}`, () =>
      Effect.gen(function* () {
        const { issues, message: text } = yield* issuesOf(call)
        expect(issues).toHaveLength(1)
        expect(issues[0]?.path).toBe(path)
        expect(issues[0]?.message).toContain(message)
        expect(text).toContain(message)
      })
    )
  }

  it("is refused by the promise client, too", async () => {
    const client = new Client({ apiKey: "k", baseUrl: "http://127.0.0.1:9/api" })
    await expect(client.agents.create(untyped({ name: "Ada", instrutions: [] }))).rejects.toMatchObject({
      _tag: "InvalidRequest",
      issues: [
        { path: "instrutions", message: "`instrutions` is not a member of an agent. Did you mean `instructions`?" }
      ]
    })
    await client.close()
  })

  it.effect("is reported with other faults, five at most, whatever its length and their number", () =>
    Effect.gen(function* () {
      const both = yield* issuesOf(create({ name: 3, colour: "red" }))
      expect(both.issues.map(({ path }) => path)).toEqual(["colour", "name"])
      const names = Array.from({ length: 1000 }, (_, index) => [`${"x".repeat(100_000)}${index}`, 1])
      const many = yield* issuesOf(create({ name: 3, ...Object.fromEntries(names.slice(0, 20)) }))
      expect(many.issues).toHaveLength(5)
      expect(many.message.length).toBeLessThan(2000)
      const deep = { messages: Array.from({ length: 1000 }, () => ({ ...says, contents: "" })) }
      expect((yield* issuesOf(chat(deep))).issues).toHaveLength(5)
    })
  )

  it.effect("in free-form JSON, in extra and in /v1 is sent as it is", () =>
    Effect.gen(function* () {
      const { julep, http } = yield* stubbed((sent) => ({
        body: sent.path.endsWith("/v1/chat/completions")
          ? f.chatCompletion
          : sent.path.endsWith("/chat")
            ? f.chatResponse
            : f.created
      }))
      const any = { instrutions: [null], deep: { nam: 1 } }
      yield* julep.agents.create({
        name: "Ada",
        metadata: any,
        functions: [{ name: "f", parameters: any }]
      })
      expect(http.last().body).toMatchObject({ metadata: any, tools: [{ function: { parameters: any } }] })
      yield* julep.sessions.chat(f.sessionId, { messages: [{ role: "user", content: "" }], extra: any })
      expect(http.last().body).toMatchObject({ extra: any })
      yield* julep.chat.completions.create({ messages: [{ role: "user", content: "", cache: any }], ...any })
      expect(http.last().body).toMatchObject({ messages: [{ cache: any }], ...any })
    })
  )
})

describe("a member that only a server sets", () => {
  const agent = { ...f.agent, created_at: new Date(f.created_at), updated_at: new Date(f.updated_at) }

  it.effect("is not sent, and not part of the result", () =>
    Effect.gen(function* () {
      const { julep, http } = yield* stubbed((sent) => ({ body: sent.method === "POST" ? f.created : f.updated }))
      const { created_at, id, updated_at, ...own } = agent
      const updated = yield* julep.agents.update(id as never, untyped({ ...agent, jobs: [] }), { overwrite: true })
      expect(http.last().body).toEqual(own)
      expect(updated).toStrictEqual({ ...own, id: f.agentId, updated_at: new Date(f.updated_at), jobs: [] })
      const made = yield* julep.agents.create(untyped(agent))
      expect(http.last().body).toEqual(own)
      expect(made).not.toHaveProperty("updated_at")
      const definition = { name: "look_up", parameters: {} }
      yield* julep.agents.create({
        name: "Ada",
        tools: [untyped({ id: f.toolId, ...tool({}) })],
        docs: [untyped({ id: f.docId, title: "t", content: "c", created_at: new Date(0) })]
      })
      expect(http.last().body).toEqual({
        name: "Ada",
        tools: [{ type: "function", function: definition }],
        docs: [{ title: "t", content: "c" }]
      })
    })
  )

  it.effect("is not a fault of a message of the history that is sent again", () =>
    Effect.gen(function* () {
      const { julep, http } = yield* stubbed({ body: f.chatResponse })
      const message = { ...f.message, created_at: new Date(0), aborted: false, refused: false }
      yield* julep.sessions.chat(f.sessionId, untyped({ messages: [message] }))
      const { created_at: _, id: __, ...sent } = f.message
      expect(http.last().body).toEqual({ messages: [sent] })
    })
  )

  it.effect("an undefined member of any name is not there, and null is not a value of an optional member", () =>
    Effect.gen(function* () {
      const { julep, http } = yield* stubbed({ status: 201, body: f.created })
      const nulls = { temperature: null, top_p: 1 }
      yield* julep.agents.create(untyped({ name: "Ada", colour: undefined, about: null, default_settings: nulls }))
      expect(http.last().body).toEqual({ name: "Ada", default_settings: { top_p: 1 } })
    })
  )
})
