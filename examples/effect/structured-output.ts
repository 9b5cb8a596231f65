/** A typed answer: a mail becomes a ticket, as it is written, and then whole. */
import { Console, Effect, Schema, Stream } from "effect"
import { Julep } from "effect-julep"
import { Embedded } from "effect-julep/embedded"

const Ticket = Schema.Struct({
  summary: Schema.NonEmptyString,
  priority: Schema.Literal("low", "high"),
  order_number: Schema.Int,
  due: Schema.optional(Schema.Date)
})

const mail = "Order 1042 has not arrived. I need it by 2026-03-01T12:00:00Z. Priority: high."

const program = Effect.gen(function* () {
  const julep = yield* Julep
  const agent = yield* julep.agents.create({ name: "Ada", instructions: ["Make a ticket of each mail."] })
  const session = yield* julep.sessions.create({ agent_id: agent.id })

  const { object } = yield* julep.sessions.chatObject(session.id, mail, Ticket)
  yield* Console.log(`${object.priority}: order ${object.order_number}, due ${object.due?.toISOString() ?? "never"}`)

  yield* julep.sessions
    .chatObjectStream(session.id, mail, Ticket)
    .pipe(
      Stream.runForEach(({ done, object }) =>
        Console.log(done ? `Done: ${object.priority}` : "Written so far:", object)
      )
    )
}).pipe(
  // The reply did not fit the schema, also when it was asked for again.
  Effect.catchTag("InvalidObject", ({ issues, text }) => Console.error(text, issues))
)

// The offline model fills the schema. A real model: Embedded.layer({ model: { url, apiKey, name } }).
program.pipe(Effect.provide(Embedded.layerMemory()), Effect.runPromise)
