/**
 * `@julep/sdk` 0.3.4, unchanged, against the engine behind a server: every method of its managers, every operation of
 * its API client, and the cases its own tests have, restated.
 */
import { Client } from "@julep/sdk"
import { afterAll, describe, expect, it } from "vitest"
import * as Scripted from "../../src/layers/Scripted.js"
import { KEY, servedEngine } from "../support/servedEngine.js"

/** The calls of the SDK in this file, as `manager.method` and as operations of its API client. */
const called = { methods: new Set<string>(), operations: new Set<string>() }
const known = { methods: new Set<string>(), operations: new Set<string>() }

/** Its managers, by name. */
const managersOf = (client: Client) => {
  const { agents, docs, memories, sessions, tools, users } = client
  return { agents, docs, memories, sessions, tools, users }
}

const methodsOf = (manager: object): ReadonlyArray<string> =>
  Object.getOwnPropertyNames(Object.getPrototypeOf(manager)).filter((name) => name !== "constructor")

/** Notes each call of a method and makes it. */
const note = (target: object, name: string, into: Set<string>, as: string) => {
  const method: unknown = Reflect.get(target, name)
  if (typeof method !== "function") return
  Reflect.set(target, name, (...args: ReadonlyArray<unknown>) => {
    into.add(as)
    return Reflect.apply(method, target, args)
  })
}

const watched = (client: Client) => {
  for (const [manager, value] of Object.entries(managersOf(client))) {
    for (const name of methodsOf(value)) {
      known.methods.add(`${manager}.${name}`)
      note(value, name, called.methods, `${manager}.${name}`)
    }
  }
  const operations = client["_apiClient"].default
  for (const name of methodsOf(operations)) {
    known.operations.add(name)
    note(operations, name, called.operations, name)
  }
  return client
}

const sdk = async (script?: Parameters<typeof servedEngine>[0]) => {
  const { apiKey, baseUrl } = await servedEngine(script)
  return watched(new Client({ apiKey, baseUrl }))
}

const uuid4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const UNKNOWN_ID = "3f2a0c1e-5b7d-4e8f-9a10-000000000001"

/** A time as v0.3 wrote it. */
const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)

const lookup = {
  type: "function" as const,
  function: { name: "look up", description: "Looks up", parameters: { type: "object", properties: {} } }
}

const scene = async (client: Client) => {
  const agent = await client.agents.create({ name: "Ada", about: "answers", instructions: ["Be brief."] })
  const user = await client.users.create({ name: "Sam", about: "asks" })
  const session = await client.sessions.create({ agentId: agent.id, userId: user.id, situation: "A quiet shop." })
  return { agent, user, session }
}

const asks = (content: string) => ({ messages: [{ role: "user" as const, content }] })

/** The message of the SDK for an error response. */
const failure = async (promise: Promise<unknown>) => {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error })
  )
  if ("value" in outcome) throw new Error(`resolved with ${JSON.stringify(outcome.value)}`)
  return outcome.error
}

it("a client is made", async () => {
  const { apiKey, baseUrl } = await servedEngine()
  expect(new Client({ apiKey, baseUrl })).toBeDefined()
})

describe("agents", () => {
  it("create: has created_at, and echoes name and about", async () => {
    const { agents } = await sdk()
    const made = await agents.create({
      name: "Ada",
      about: "answers",
      instructions: ["Be brief.", "Be kind."],
      tools: [lookup],
      default_settings: { temperature: 0.5, top_p: 0.9 },
      model: "gpt-4-turbo"
    })
    expect(made).toMatchObject({
      id: expect.stringMatching(uuid4),
      created_at: timestamp,
      name: "Ada",
      about: "answers"
    })
    expect(await agents.get(made.id)).toMatchObject({
      instructions: ["Be brief.", "Be kind."],
      model: "gpt-4-turbo",
      default_settings: { temperature: 0.5, top_p: 0.9 }
    })
  })

  it("create: one instruction as a string", async () => {
    const { agents } = await sdk()
    const made = await agents.create({ name: "Ada", about: "answers", instructions: "Be brief." })
    expect(made).toMatchObject({ created_at: timestamp, name: "Ada", about: "answers" })
    expect((await agents.get(made.id)).instructions).toEqual(["Be brief."])
  })

  it("get: has both times, and the same name and about", async () => {
    const { agents } = await sdk()
    const { id } = await agents.create({ name: "Ada", about: "answers", instructions: [] })
    const got = await agents.get(id)
    expect(got).toMatchObject({ id, name: "Ada", about: "answers", created_at: timestamp, updated_at: timestamp })
    expect(got.model).toBe("julep-ai/samantha-1-turbo")
  })

  it("update: the same id, updated_at, the new name; what is left out stays", async () => {
    const { agents } = await sdk()
    const { id } = await agents.create({ name: "Ada", about: "answers", instructions: ["Be brief."], model: "gpt-4o" })
    expect(await agents.update(id, { name: "Eve" })).toMatchObject({ id, updated_at: timestamp, name: "Eve" })
    expect(await agents.get(id)).toMatchObject({ name: "Eve", about: "answers", model: "gpt-4o" })
  })

  it("update with overwrite: id, updated_at, the new name and about; what is left out goes", async () => {
    const { agents } = await sdk()
    const { id } = await agents.create({ name: "Ada", about: "answers", instructions: ["Be brief."] })
    const replaced = await agents.update(id, { name: "Eve", about: "knows" }, true)
    expect(replaced).toMatchObject({ id, updated_at: timestamp, name: "Eve", about: "knows" })
    expect(await agents.get(id)).toMatchObject({ name: "Eve", about: "knows", instructions: [] })
  })

  it("list: holds the updated agent with both times, newest first, in pages", async () => {
    const { agents } = await sdk()
    const { id } = await agents.create({ name: "Ada", about: "answers", instructions: [] })
    await agents.update(id, { name: "Eve", about: "knows" }, true)
    const other = await agents.create({ name: "Bob", about: "", instructions: [] })
    const listed = await agents.list()
    expect(listed.map((agent) => agent.id)).toEqual([other.id, id])
    expect(listed[1]).toMatchObject({ name: "Eve", about: "knows", created_at: timestamp, updated_at: timestamp })
    expect((await agents.list({ limit: 1, offset: 1 })).map((agent) => agent.id)).toEqual([id])
    expect(await agents.list({ metadataFilter: { team: "blue" } })).toEqual([])
  })

  it("delete: resolves to nothing, and the agent no longer exists", async () => {
    const { agents } = await sdk()
    const { id } = await agents.create({ name: "Ada", about: "answers", instructions: [] })
    expect(await agents.delete(id)).toBeUndefined()
    expect(await failure(agents.get(id))).toMatchObject({ name: "ApiError", status: 404 })
  })
})

describe("users", () => {
  it("create, get: created_at, name and about", async () => {
    const { users } = await sdk()
    const made = await users.create({ name: "Sam", about: "asks" })
    expect(made).toMatchObject({ id: expect.stringMatching(uuid4), created_at: timestamp, name: "Sam", about: "asks" })
    expect(await users.get(made.id)).toMatchObject({ id: made.id, name: "Sam", about: "asks", created_at: timestamp })
    expect(await users.create()).toMatchObject({ created_at: timestamp })
  })

  it("update, with and without overwrite: id, updated_at and the new fields", async () => {
    const { users } = await sdk()
    const { id } = await users.create({ name: "Sam", about: "asks" })
    expect(await users.update(id, { name: "Samuel" })).toMatchObject({ id, updated_at: timestamp, name: "Samuel" })
    expect(await users.get(id)).toMatchObject({ name: "Samuel", about: "asks" })
    const replaced = await users.update(id, { name: "Sam", about: "knows" }, true)
    expect(replaced).toMatchObject({ id, updated_at: timestamp, name: "Sam", about: "knows" })
  })

  it("list: holds the user with both times", async () => {
    const { users } = await sdk()
    const made = await users.create({ name: "Sam", about: "asks" })
    expect(await users.list()).toMatchObject([{ id: made.id, created_at: timestamp, updated_at: timestamp }])
    expect(await users.list({ limit: 5, offset: 1, metadataFilter: {} })).toEqual([])
  })

  it("delete: resolves to nothing", async () => {
    const { users } = await sdk()
    const { id } = await users.create({ name: "Sam", about: "asks" })
    expect(await users.delete(id)).toBeUndefined()
    expect(await users.list()).toEqual([])
  })
})

describe("docs", () => {
  const doc = { title: "Refunds", content: "Refunds take fourteen days." }

  it("create: of an agent and of a user, has created_at and echoes title and content", async () => {
    const client = await sdk()
    const { agent, user } = await scene(client)
    const made = { id: expect.stringMatching(uuid4), created_at: timestamp, ...doc }
    expect(await client.docs.create({ agentId: agent.id, doc })).toMatchObject(made)
    expect(await client.docs.create({ userId: user.id, doc })).toMatchObject(made)
  })

  it("get, list: one item a doc, whose content is the string that was sent", async () => {
    const client = await sdk()
    const { agent, user } = await scene(client)
    for (const owner of [{ agentId: agent.id }, { userId: user.id }]) {
      await client.docs.create({ ...owner, doc })
      expect((await client.docs.get(owner)).items).toMatchObject([doc])
      expect(await client.docs.list({ ...owner, limit: 10, metadataFilter: {} })).toMatchObject([doc])
    }
  })

  it("delete: resolves to nothing", async () => {
    const client = await sdk()
    const { agent, user } = await scene(client)
    for (const owner of [{ agentId: agent.id }, { userId: user.id }]) {
      const made = await client.docs.create({ ...owner, doc })
      expect(await client.docs.delete({ ...owner, docId: made.id })).toBeUndefined()
      expect(await client.docs.list(owner)).toEqual([])
    }
  })

  it("given with an agent and with a user, are theirs, and are recalled", async () => {
    const client = await sdk()
    const about = { name: "Ada", about: "answers", instructions: [] }
    // The SDK's own type of an agent's docs is that of stored ones.
    const stored = { ...doc, id: UNKNOWN_ID, created_at: "2024-05-31T00:00:00Z" }
    const agent = await client.agents.create({ ...about, docs: [stored] })
    const user = await client.users.create({ name: "Sam", about: "asks", docs: [{ title: "Tea", content: "Black." }] })
    expect(await client.docs.list({ agentId: agent.id })).toMatchObject([doc])
    expect(await client.docs.list({ userId: user.id })).toMatchObject([{ title: "Tea" }])
    const session = await client.sessions.create({ agentId: agent.id, userId: user.id })
    const reply = await client.sessions.chat(session.id, asks("How long do refunds take?"))
    expect(JSON.stringify(reply.response)).toContain("fourteen days")
    expect(reply.doc_ids.agent_doc_ids).toHaveLength(1)
  })
})

describe("tools", () => {
  it("create: created_at, and the function's name and description", async () => {
    const client = await sdk()
    const { agent } = await scene(client)
    const made = await client.tools.create({ agentId: agent.id, tool: lookup })
    expect(made).toMatchObject({ id: expect.stringMatching(uuid4), created_at: timestamp, function: lookup.function })
  })

  it("update, with and without overwrite: updated_at, and the new name and description", async () => {
    const client = await sdk()
    const { agent } = await scene(client)
    const { id: toolId } = await client.tools.create({ agentId: agent.id, tool: lookup })
    for (const [name, overwrite] of [
      ["find it", false],
      ["seek it", true]
    ] as const) {
      const tool = { function: { ...lookup.function, name, description: `${name}s` } }
      const updated = await client.tools.update({ agentId: agent.id, toolId, tool }, overwrite)
      expect(updated).toMatchObject({ updated_at: timestamp, function: { name, description: `${name}s` } })
    }
    expect(await client.tools.list(agent.id)).toMatchObject([{ id: toolId, function: { name: "seek it" } }])
  })

  it("list: holds the tool", async () => {
    const client = await sdk()
    const { agent } = await scene(client)
    const made = await client.tools.create({ agentId: agent.id, tool: lookup })
    expect((await client.tools.list(agent.id, { limit: 5 })).map(({ id }) => id)).toEqual([made.id])
    expect(await client.tools.list(agent.id, { offset: 1 })).toEqual([])
  })

  it("delete: resolves to nothing", async () => {
    const client = await sdk()
    const { agent } = await scene(client)
    const { id: toolId } = await client.tools.create({ agentId: agent.id, tool: lookup })
    expect(await client.tools.delete({ agentId: agent.id, toolId })).toBeUndefined()
    expect(await client.tools.list(agent.id)).toEqual([])
  })
})

describe("sessions", () => {
  it("create, get: created_at, and the situation", async () => {
    const client = await sdk()
    const { agent, session, user } = await scene(client)
    expect(session).toMatchObject({ id: expect.stringMatching(uuid4), created_at: timestamp })
    expect(await client.sessions.get(session.id)).toMatchObject({
      created_at: timestamp,
      situation: "A quiet shop.",
      agent_id: agent.id,
      user_id: user.id
    })
  })

  it("update, with and without overwrite: updated_at", async () => {
    const client = await sdk()
    const { session } = await scene(client)
    expect(await client.sessions.update(session.id, { situation: "Loud." })).toMatchObject({ updated_at: timestamp })
    expect((await client.sessions.get(session.id)).situation).toBe("Loud.")
    const replaced = await client.sessions.update(session.id, { situation: "Dark.", metadata: { a: 1 } }, true)
    expect(replaced).toMatchObject({ id: session.id, updated_at: timestamp })
    expect(await client.sessions.get(session.id)).toMatchObject({ situation: "Dark.", metadata: { a: 1 } })
  })

  it("list: holds the session with its situation", async () => {
    const client = await sdk()
    const { session } = await scene(client)
    await client.sessions.update(session.id, { situation: "Loud." })
    expect(await client.sessions.list()).toMatchObject([{ id: session.id, situation: "Loud." }])
    expect(await client.sessions.list({ limit: 5, offset: 1, metadataFilter: { a: 1 } })).toEqual([])
  })

  it("chat, history, deleteHistory, delete", async () => {
    const client = await sdk()
    const { session } = await scene(client)
    const reply = await client.sessions.chat(session.id, {
      ...asks("Hello"),
      frequency_penalty: 0.1,
      length_penalty: 1,
      logit_bias: { "50256": -100 },
      max_tokens: 100,
      presence_penalty: 0,
      recall: true,
      remember: true,
      repetition_penalty: 1,
      seed: 7,
      stop: ["END"],
      temperature: 0.7,
      top_p: 0.9
    })
    expect(reply.response[0]?.[0]).toMatchObject({ role: "assistant", content: expect.any(String) })
    expect(reply).toMatchObject({ finish_reason: "stop", usage: { total_tokens: expect.any(Number) } })
    const history = await client.sessions.history(session.id)
    expect(history.map(({ role }) => role)).toEqual(["user", "assistant"])
    expect(await client.sessions.history(session.id, { limit: 1, offset: 1 })).toHaveLength(1)
    expect(await client.sessions.deleteHistory(session.id)).toBeUndefined()
    expect(await client.sessions.history(session.id)).toEqual([])
    expect(await client.sessions.delete(session.id)).toBeUndefined()
    expect(await failure(client.sessions.get(session.id))).toMatchObject({ name: "ApiError", status: 404 })
  })

  it("chat: a tool is called with a function_call message, and its result is a function message", async () => {
    const client = await sdk([Scripted.toolCall("look_up", { ship: "Alma" }), Scripted.reply("She is at sea.")])
    const { agent, session } = await scene(client)
    const tool = await client.tools.create({ agentId: agent.id, tool: lookup })
    const tools = [{ ...lookup, id: tool.id }]
    const call = await client.sessions.chat(session.id, { ...asks("Where is the Alma?"), tools, tool_choice: "auto" })
    const message = call.response[0]?.[0]
    expect(message?.role).toBe("function_call")
    expect(JSON.parse(String(message?.content))).toMatchObject({ name: "look up" })
    const answer = await client.sessions.chat(session.id, {
      messages: [{ role: "function", name: "look up", content: '{"at":"sea"}' }]
    })
    expect(answer.response[0]?.[0]).toMatchObject({ role: "assistant", content: "She is at sea." })
  })

  it("suggestions: a list", async () => {
    const client = await sdk()
    const { session } = await scene(client)
    expect(await client.sessions.suggestions(session.id)).toEqual([])
    expect(await client.sessions.suggestions(session.id, { limit: 3, offset: 1 })).toEqual([])
  })

  it("chat with a template: the model is sent the value of the session's metadata", async () => {
    const echo: Scripted.Script = ({ messages }) => Scripted.reply(JSON.stringify(messages[0]?.content))
    const client = await sdk(echo)
    const { agent, user } = await scene(client)
    const session = await client.sessions.create({
      agentId: agent.id,
      userId: user.id,
      situation: "The ship is {{session.metadata.ship}}.",
      metadata: { ship: "the Alma" },
      renderTemplates: true
    })
    const reply = await client.sessions.chat(session.id, asks("Which ship?"))
    expect(reply.response[0]?.[0]?.content).toContain("The ship is the Alma.")
  })
})

describe("memories and jobs", () => {
  it("list: what a user said, and the low-level client deletes it", async () => {
    const client = await sdk()
    const { agent, session, user } = await scene(client)
    await client.sessions.chat(session.id, asks("I drink green tea, always."))
    const query = { agentId: agent.id, query: "tea", userId: user.id }
    const [memory] = await client.memories.list({ ...query, limit: 5, offset: 0 })
    expect(memory).toMatchObject({ agent_id: agent.id, user_id: user.id, content: expect.stringContaining("tea") })
    const low = client["_apiClient"].default
    expect(await low.deleteAgentMemory({ agentId: agent.id, memoryId: memory?.id ?? "" })).toMatchObject({
      id: memory?.id,
      deleted_at: timestamp
    })
    expect(await client.memories.list(query)).toEqual([])
  })

  it("the job of a doc, through the low-level client", async () => {
    const client = await sdk()
    const { agent } = await scene(client)
    const low = client["_apiClient"].default
    const made = await low.createAgentDoc({ agentId: agent.id, requestBody: { title: "T", content: "C" } })
    const [jobId = ""] = made.jobs ?? []
    expect(await low.getJobStatus({ jobId })).toMatchObject({ id: jobId, state: expect.any(String) })
  })
})

it("what is gone is deleted: a session, a user and a history again, a tool and a doc after their agent", async () => {
  const client = await sdk()
  const { agent, session, user } = await scene(client)
  const tool = await client.tools.create({ agentId: agent.id, tool: lookup })
  const doc = await client.docs.create({ agentId: agent.id, doc: { title: "T", content: "C" } })
  await client.agents.delete(agent.id)
  const deletes = [
    () => client.tools.delete({ agentId: agent.id, toolId: tool.id }),
    () => client.docs.delete({ agentId: agent.id, docId: doc.id }),
    () => client.sessions.deleteHistory(session.id),
    () => client.sessions.delete(session.id),
    () => client.users.delete(user.id),
    () => client.users.delete(user.id)
  ]
  for (const remove of deletes) expect(await remove()).toBeUndefined()
})

it("a tool's result as a message of the assistant, as every program with a tool loop sends it", async () => {
  const script: Scripted.Script = ({ messages }, index) =>
    index === 0 ? Scripted.toolCall("look_up", { ship: "Alma" }) : Scripted.reply(JSON.stringify(messages.at(-1)))
  const client = await sdk(script)
  const { agent, session } = await scene(client)
  await client.tools.create({ agentId: agent.id, tool: lookup })
  await client.sessions.chat(session.id, asks("Where is the Alma?"))
  const messages = [{ role: "assistant" as const, content: '{"at":"sea"}' }]
  const reply = await client.sessions.chat(session.id, { messages })
  expect(JSON.parse(String(reply.response[0]?.[0]?.content))).toMatchObject({ role: "tool", content: '{"at":"sea"}' })
  const history = await client.sessions.history(session.id)
  expect(history.map(({ content, role }) => [role, content])[2]).toEqual(["assistant", '{"at":"sea"}'])
})

it("a streamed chat is a JSON reply: the SDK accepts nothing else", async () => {
  const client = await sdk()
  const { session } = await scene(client)
  const reply = await client.sessions.chat(session.id, { ...asks("Tea takes four minutes."), stream: true })
  expect(reply.response[0]?.[0]).toMatchObject({ role: "assistant", content: expect.any(String) })
})

describe("errors are the SDK's own, with the reason", () => {
  it("of an unknown id", async () => {
    const client = await sdk()
    const { agent } = await scene(client)
    const calls = [
      () => client.agents.get(UNKNOWN_ID),
      () => client.agents.delete(UNKNOWN_ID),
      () => client.agents.update(UNKNOWN_ID, { name: "x" }),
      () => client.users.get(UNKNOWN_ID),
      () => client.sessions.get(UNKNOWN_ID),
      () => client.sessions.chat(UNKNOWN_ID, asks("?")),
      () => client.sessions.create({ agentId: UNKNOWN_ID, userId: UNKNOWN_ID }),
      () => client.tools.delete({ agentId: agent.id, toolId: UNKNOWN_ID }),
      () => client.docs.delete({ agentId: agent.id, docId: UNKNOWN_ID })
    ]
    for (const call of calls) {
      expect(await failure(call())).toMatchObject({
        name: "ApiError",
        status: 404,
        message: "Not Found",
        body: { detail: expect.stringContaining(UNKNOWN_ID), error: { message: expect.stringContaining(UNKNOWN_ID) } }
      })
    }
  })

  it("of a wrong key, and of an input that does not fit", async () => {
    const { baseUrl } = await servedEngine()
    const stranger = watched(new Client({ apiKey: "wrong", baseUrl }))
    expect(await failure(stranger.agents.list())).toMatchObject({ name: "ApiError", status: 403, message: "Forbidden" })
    const client = watched(new Client({ apiKey: KEY, baseUrl }))
    expect(await failure(client.agents.list({ limit: -1 }))).toMatchObject({ name: "ApiError", status: 422 })
    // @ts-expect-error a name is required
    expect(await failure(client.agents.create({ about: "nobody", instructions: [] }))).toMatchObject({ status: 422 })
  })
})

it("Jessica: an agent, a user, a list by metadata, a session, a chat, with settings unknown to the SDK", async () => {
  const client = await sdk()
  const agent = await client.agents.create({
    name: "Jessica",
    about: "A screenwriter",
    instructions: "Talk about films.",
    model: "julep-ai/samantha-1-turbo",
    // @ts-expect-error the sample spells its settings in another way, and they are lost
    default_settings: { maxTokens: 200, temperature: 0.5 }
  })
  const user = await client.users.create({
    name: "Pat",
    about: "A moviegoer",
    // The SDK drops it, despite its sample.
    metadata: { db_uuid: "1234" }
  })
  expect(await client.users.list({ metadataFilter: { db_uuid: "1234" } })).toEqual([])
  const session = await client.sessions.create({ agentId: agent.id, userId: user.id, situation: "At the cinema." })
  const reply = await client.sessions.chat(session.id, {
    ...asks("What did we see last?"),
    max_tokens: 100,
    recall: true,
    remember: true
  })
  expect(reply.response[0]?.[0]).toMatchObject({ role: "assistant", content: expect.any(String) })
})

it("its chat and completions: the default model, unknown settings, the caller's object", async () => {
  const client = await sdk()
  const chat = await client.chat.completions.create({
    model: "",
    messages: [{ role: "user", content: "Tea takes four minutes. How long does tea take?" }],
    // @ts-expect-error beyond OpenAI's settings
    min_p: 0.1
  })
  expect(chat.choices[0]?.message).toMatchObject({ role: "assistant", content: expect.any(String) })
  const text = await client.completions.create({ model: "", prompt: "Tea takes four minutes." })
  expect(text.choices[0]?.text).toEqual(expect.any(String))
  const chunks = await client.chat.completions.create({
    model: "",
    messages: [{ role: "user", content: "Tea takes four minutes. How long does tea take?" }],
    stream: true
  })
  let words = ""
  for await (const chunk of chunks) words += chunk.choices[0]?.delta.content ?? ""
  expect(words).toBe(chat.choices[0]?.message.content)
})

afterAll(({ tasks }) => {
  // A run of selected tests calls only some of the methods.
  if (tasks.some(({ mode }) => mode === "skip")) return
  expect(known.methods.size).toBe(28)
  expect([...known.methods].filter((name) => !called.methods.has(name))).toEqual([])
  expect(known.operations.size).toBe(36)
  expect([...known.operations].filter((name) => !called.operations.has(name))).toEqual([])
})
