/** A store with rows of every kind, written by one release and read by every later one. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type ChatInput, Julep } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import { says } from "./turns.js"

/** The replies of the model, turn by turn. */
export const script: ReadonlyArray<Scripted.Step> = [
  Scripted.reply("Good to know. The ferry sails at six."),
  Scripted.toolCalls([
    { id: "call_1", name: "find_ship", arguments: '{"ship":"Aurora"}' },
    { id: "call_2", name: "find_ship", arguments: '{"ship":"Boreas"}' }
  ]),
  Scripted.reply("Both are in the harbour."),
  Scripted.reply("灯台は北にあります。")
]

const tool = {
  type: "function",
  function: {
    name: "find_ship",
    description: "Finds a ship",
    parameters: { type: "object", properties: { ship: { type: "string" } }, required: ["ship"] }
  }
} as const

/** Fills a new store. */
export const fill = Effect.gen(function* () {
  const julep = yield* Julep
  const agent = yield* julep.agents.create({
    name: "Marguerite",
    about: "keeps the lighthouse",
    model: "gpt-4o-mini",
    instructions: ["Be brief.", "Name the ships."],
    default_settings: { temperature: 0.5, min_p: 0.02 },
    metadata: { shore: "north", nested: { a_b: [1, null, { cD: true }] } },
    tools: [tool],
    docs: [
      { title: "Tides", content: "High water is at six in the morning.", metadata: { source: "almanac" } },
      { title: "灯台", content: ["灯台の光は白です。", "The lamp burns whale oil."] }
    ]
  })
  const user = yield* julep.users.create({
    name: "Tomas",
    about: "sails at night",
    docs: [{ title: "Boat", content: "Tomas owns a sloop with red sails." }]
  })
  const { id } = yield* julep.sessions.create({
    agent_id: agent.id,
    user_id: user.id,
    situation: "A storm is coming.",
    metadata: { channel: "radio" }
  })
  const chat = (...messages: ChatInput["messages"]) => julep.sessions.chat(id, { messages })
  yield* chat(says("I keep my sloop in the eastern channel. When does the ferry sail?"))
  yield* chat(says("Where are the Aurora and the Boreas?"))
  const result = (call: string) => ({ role: "function", name: "find_ship", tool_call_id: call, content: "in" }) as const
  yield* chat(result("call_1"), result("call_2"))
  const image = { type: "image_url", image_url: { url: "https://example.com/sea.png", detail: "low" } } as const
  yield* chat(says([{ type: "text", text: "私は灯台のそばに住んでいます。" }, image]))
  for (const job of [...agent.jobs, ...user.jobs]) yield* julep.jobs.await(job)
})

const all = <A, E, R>(stream: Stream.Stream<A, E, R>) => Effect.map(Stream.runCollect(stream), (items) => [...items])

/** Everything that can be read of a store, as JSON. */
export const contents = Effect.gen(function* () {
  const julep = yield* Julep
  const agents = yield* all(julep.agents.listAll())
  const users = yield* all(julep.users.listAll())
  const sessions = yield* all(julep.sessions.listAll())
  const found: Record<string, unknown> = { agents, users, sessions }
  for (const { id } of agents) {
    found[`tools of ${id}`] = yield* all(julep.tools.listAll(id))
    found[`docs of ${id}`] = yield* all(julep.docs.listAll({ agent_id: id }))
    found[`memories of ${id}`] = yield* julep.memories.list({ agent_id: id })
    found[`memories of ${id} by words`] = yield* julep.memories.list({ agent_id: id, query: "which channel?" })
  }
  for (const { id } of users) found[`docs of ${id}`] = yield* all(julep.docs.listAll({ user_id: id }))
  for (const { id } of sessions) found[`history of ${id}`] = yield* all(julep.sessions.historyAll(id))
  const read: unknown = JSON.parse(JSON.stringify(found))
  return read
})
