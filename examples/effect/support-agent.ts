/** A support agent: docs, a tool, a typed answer, a stream to a browser. `npx tsx examples/effect/support-agent.ts` */
import { HttpServerResponse } from "@effect/platform"
import { Console, Effect, Schema } from "effect"
import { Agents, type ChatInput, eventResponse, type SessionId, Sessions, tool } from "effect-julep"
import { Embedded } from "effect-julep/embedded"

const order_status = tool({
  description: "Looks up the state of an order by its number",
  input: { order_number: Schema.Int },
  execute: ({ order_number }) => Effect.succeed({ order_number, state: "shipped", expected: "Thursday" })
})
const docs = [{ title: "Returns", content: "Unopened bags can be returned within 30 days." }]
const Ticket = Schema.Struct({ order_number: Schema.Int, priority: Schema.Literal("low", "high") })

export const open = Effect.gen(function* () {
  const agent = yield* (yield* Agents).ensure("support", { name: "Ada", about: "answers customers", docs })
  return (yield* (yield* Sessions).create({ agent_id: agent.id })).id
})
export const ticket = (session: SessionId, mail: string) =>
  Effect.flatMap(Sessions, (sessions) => Effect.map(sessions.chatObject(session, mail, Ticket), ({ object }) => object))

/** The response of a route. The browser gets the text of the reply, not what the tool returned. */
export const chat = Effect.fn("chat")(function* (session: SessionId, text: string) {
  // A model calls tools by itself. An order number demands a call, so that the offline model makes one, too.
  const tool_choice = /\d{4}/.test(text) ? "required" : "auto"
  const input: ChatInput = { messages: [{ role: "user", content: text }], tool_choice }
  return yield* eventResponse((yield* Sessions).runStream(session, input, { tools: { order_status } }))
})

const program = Effect.gen(function* () {
  const session = yield* open
  for (const text of ["How long can I return a bag?", "Where is my order 1042?"]) {
    const response = HttpServerResponse.toWeb(yield* chat(session, text))
    yield* Console.log(`> ${text}\n${yield* Effect.promise(() => response.text())}`)
  }
  yield* Console.log(yield* ticket(session, "Order 1042 arrived open. Make it a ticket of high priority."))
})
if (process.argv[1] === import.meta.filename)
  await program.pipe(Effect.provide(Embedded.layerMemory()), Effect.runPromise)
