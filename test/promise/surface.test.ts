/** Every method of every manager, as promises and async iterables, in process and over HTTP. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import * as Scripted from "../../src/layers/Scripted.js"
import { Client, deltaText, messageText, NotFound, textOf } from "../../src/promise/index.js"
import { stubbed } from "../support/client.js"
import { closing, modes, remoteClient } from "./support/clients.js"

const collect = async <A>(items: AsyncIterable<A>): Promise<ReadonlyArray<A>> => {
  const all: Array<A> = []
  for await (const item of items) all.push(item)
  return all
}

const uuid = /^[0-9a-f-]{36}$/

const parameters = { type: "object", properties: {} }

describe.each(modes)("%s", (_name, make) => {
  it("agents", async () => {
    const { agents, tools } = await make()
    const made = await agents.create({
      name: "Ada",
      metadata: { team: "blue" },
      functions: [{ name: "lookup", parameters }],
      docs: [{ title: "Tea", content: "Tea takes four minutes." }]
    })
    expect(made).toMatchObject({ name: "Ada", id: expect.stringMatching(uuid), created_at: expect.any(Date) })
    expect(await agents.get(made.id)).toMatchObject({ id: made.id, name: "Ada", metadata: { team: "blue" } })
    expect((await agents.get(made.id.toUpperCase())).id).toBe(made.id)
    expect((await tools.list(made.id)).map((tool) => tool.function.name)).toEqual(["lookup"])

    const changed = await agents.update(made.id, { metadata: { size: 3 } })
    expect(changed).toMatchObject({ id: made.id, metadata: { size: 3 }, updated_at: expect.any(Date) })
    expect((await agents.get(made.id)).metadata).toEqual({ team: "blue", size: 3 })
    await agents.update(made.id, { name: "Eve", about: "new" }, { overwrite: true })
    expect(await agents.get(made.id)).toMatchObject({ name: "Eve", about: "new", metadata: {} })

    const more = [await agents.create({ name: "B" }), await agents.create({ name: "C" })]
    expect((await agents.list({ limit: 2 })).map(({ name }) => name)).toEqual(["C", "B"])
    expect((await collect(agents.listAll({ limit: 1 }))).map(({ name }) => name)).toEqual(["C", "B", "Eve"])
    for (const { id } of more) expect(await agents.delete(id)).toBeUndefined()
    expect(await agents.list()).toHaveLength(1)
    await expect(agents.get(more[0]?.id ?? "")).rejects.toBeInstanceOf(NotFound)
  })

  it("users", async () => {
    const { users } = await make()
    const sam = await users.create({ name: "Sam" })
    await users.update(sam.id, { about: "sails", metadata: { a: 1 } }, { overwrite: false })
    expect(await users.get(sam.id)).toMatchObject({ name: "Sam", about: "sails" })
    await users.update(sam.id, { name: "Samuel", about: "" }, { overwrite: true })
    expect(await users.list({ metadata_filter: { a: 1 } })).toEqual([])
    expect((await collect(users.listAll())).map(({ name }) => name)).toEqual(["Samuel"])
    await users.delete(sam.id)
    expect(await users.list()).toEqual([])
  })

  it("sessions", async () => {
    const { agents, sessions, users } = await make()
    const agent = await agents.create({ name: "Ada", docs: [{ title: "Tea", content: "Tea takes four minutes." }] })
    const user = await users.create({ name: "Sam" })
    const session = await sessions.create({ agent_id: agent.id.toUpperCase(), user_id: user.id })
    expect(session.agent_id).toBe(agent.id)
    await sessions.update(session.id, { situation: "Sam is in a hurry." })
    await sessions.update(session.id, { situation: "Sam has time." }, { overwrite: true })
    expect(await sessions.get(session.id)).toMatchObject({ situation: "Sam has time.", user_id: user.id })

    const question = { messages: [{ role: "user" as const, content: "How long does tea take?" }] as const }
    const reply = await sessions.chat(session.id, question)
    expect(messageText(reply)).toContain("four minutes")
    const events = await collect(sessions.chatStream(session.id, question))
    expect(events.map(deltaText).join("")).toContain("four minutes")
    expect(await textOf(sessions.chatStream(session.id, question))).toContain("four minutes")
    expect(events.at(-1)?.finish_reason).toBe("stop")
    const whole = await sessions.chatStream(session.id, question).accumulate()
    expect(messageText(whole)).toContain("four minutes")
    expect(whole).toMatchObject({ finish_reason: "stop", usage: { total_tokens: expect.any(Number) } })

    const history = await sessions.history(session.id)
    expect(history).toHaveLength(8)
    expect(await sessions.history(session.id, { limit: 1, order: "desc" })).toEqual(history.slice(-1))
    expect(await collect(sessions.historyAll(session.id))).toEqual(history)
    expect(await sessions.suggestions(session.id, { limit: 5 })).toEqual([])
    await sessions.deleteHistory(session.id)
    expect(await sessions.history(session.id)).toEqual([])

    expect((await sessions.list()).map(({ id }) => id)).toEqual([session.id])
    expect((await collect(sessions.listAll({ order: "asc" }))).map(({ id }) => id)).toEqual([session.id])
    expect((await sessions.chatStream(session.id, question).toResponse()).status).toBe(200)
    await sessions.delete(session.id)
    expect(await sessions.list()).toEqual([])
    expect((await sessions.chatStream(session.id, question).toResponse()).status).toBe(404)
  })

  it("docs and tools", async () => {
    const { agents, docs, tools } = await make()
    const { id } = await agents.create({ name: "Ada" })
    const doc = await docs.create({ agent_id: id, doc: { title: "Tides", content: ["High at six.", "Low at noon."] } })
    expect(await docs.list({ agent_id: id.toUpperCase() }, { limit: 10 })).toMatchObject([
      { id: doc.id, title: "Tides" }
    ])
    expect(await collect(docs.listAll({ agent_id: id }))).toHaveLength(1)
    await docs.delete({ agent_id: id, doc_id: doc.id })
    expect(await docs.list({ agent_id: id })).toEqual([])

    const tool = await tools.create({
      agent_id: id,
      tool: { type: "function", function: { name: "find", parameters } }
    })
    await tools.update({ agent_id: id, tool_id: tool.id, function: { description: "Finds." } })
    await tools.update({ agent_id: id, tool_id: tool.id, function: { name: "seek", parameters }, overwrite: true })
    expect((await collect(tools.listAll(id))).map((one) => one.function.name)).toEqual(["seek"])
    await tools.delete({ agent_id: id, tool_id: tool.id })
    expect(await tools.list(id)).toEqual([])
  })

  it("memories and jobs", async () => {
    const { agents, docs, jobs, memories, sessions, users } = await make()
    const agent = await agents.create({ name: "Ada" })
    const user = await users.create({ name: "Sam" })
    const session = await sessions.create({ agent_id: agent.id, user_id: user.id })
    const turn = await sessions.chat(session.id, "I drink green tea, always.")
    const doc = await docs.create({ agent_id: agent.id, doc: { title: "Tides", content: "High at six." } })
    for (const id of [...turn.jobs, ...doc.jobs]) {
      expect((await jobs.await(id, { interval: 10, timeout: "10 seconds" })).state).toBe("succeeded")
      expect((await collect(jobs.watch(id))).at(-1)?.state).toBe("succeeded")
      expect((await jobs.get(id)).id).toBe(id)
    }
    const [memory] = await memories.list({ agent_id: agent.id, user_id: user.id, query: "tea" })
    expect(memory).toMatchObject({ agent_id: agent.id, content: expect.stringContaining("green tea") })
    await memories.delete({ agent_id: agent.id, memory_id: memory?.id ?? "" })
    expect(await memories.list({ agent_id: agent.id })).toEqual([])
    await expect(jobs.get(agent.id)).rejects.toMatchObject({ _tag: "NotFound", id: agent.id })
    await expect(jobs.await(agent.id)).rejects.toBeInstanceOf(NotFound)
    await expect(collect(jobs.watch(agent.id))).rejects.toBeInstanceOf(NotFound)
  })

  it("chat and completions", async () => {
    const { chat, completions } = await make()
    const params = { messages: [{ role: "user", content: "Tea takes four minutes. How long does tea take?" }] as const }
    const whole = await chat.completions.create(params)
    expect(whole.choices[0]?.message.role).toBe("assistant")
    const streamed = await chat.completions.stream(params).accumulate()
    expect(streamed.choices[0]?.message.content).toBe(whole.choices[0]?.message.content)
    const chunks = await collect(chat.completions.stream(params))
    expect(chunks.map(({ choices }) => choices[0]?.delta?.content ?? "").join("")).toBe(
      whole.choices[0]?.message.content
    )
    const { choices } = await completions.create({ prompt: "Tea takes four minutes." })
    expect(choices).toHaveLength(1)
    expect((await completions.stream({ prompt: "Tea takes four minutes." }).accumulate()).choices[0]?.text).toBe(
      choices[0]?.text
    )
    expect((await collect(completions.stream({ prompt: "Tea takes four minutes." }))).length).toBeGreaterThan(0)
  })

  it("web streams", async () => {
    const { agents } = await make()
    for (const name of ["A", "B"]) await agents.create({ name })
    const reader = agents.listAll({ limit: 1 }).toReadableStream().getReader()
    expect((await reader.read()).value?.name).toBe("B")
    expect((await reader.read()).value?.name).toBe("A")
    expect((await reader.read()).done).toBe(true)
    await reader.closed
  })
})

it("tool calls of a streamed reply arrive whole", async () => {
  const { agents, chat, sessions } = await remoteClient(() => Scripted.toolCall("lookup", { ship: "Alma" }))
  const session = await sessions.create({ agent_id: (await agents.create({ name: "Ada" })).id })
  const reply = await sessions.chatStream(session.id, { messages: [{ role: "user", content: "?" }] }).accumulate()
  expect(reply.response[0][0]).toMatchObject({ role: "function_call", content: expect.stringContaining("Alma") })
  const whole = await chat.completions.stream({ messages: [{ role: "user", content: "?" }] }).accumulate()
  expect(whole.choices[0]?.message.tool_calls?.[0]).toMatchObject({ function: { name: "lookup" } })
})

it("it has the methods of the services, and no others", async () => {
  const { julep } = await Effect.runPromise(stubbed([]))
  const client = closing(new Client({ apiKey: "k", baseUrl: "http://host.test" }))
  const { chat, ...managers } = julep
  for (const [name, manager] of Object.entries({ ...managers, completions: managers.completions })) {
    const own = client[name as keyof typeof managers]
    expect(Object.keys(own).sort(), name).toEqual(Object.keys(manager).sort())
  }
  expect(Object.keys(client.chat.completions).sort()).toEqual(Object.keys(chat.completions).sort())
  expect(Object.keys(client).sort()).toEqual(Object.keys(julep).sort())
})
