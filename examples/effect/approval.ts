/**
 * A refund that waits for a clerk. Each command is a process of its own: `npx tsx examples/effect/approval.ts` asks for it
 * and prints the commands that decide.
 */
import { Console, Effect, Schema } from "effect"
import { type Approval, type ChatInput, Julep, SessionId, tool } from "effect-julep"
import { Embedded } from "effect-julep/embedded"

const refund = tool({
  description: "Refunds an amount in euros for an order",
  input: { order_number: Schema.Int, amount: Schema.Number },
  needsApproval: ({ amount }) => amount > 100,
  execute: ({ amount, order_number }) =>
    Effect.as(Console.log(`Refunding ${amount} euros for order ${order_number}`), { refunded: amount })
})

const program = Effect.gen(function* () {
  const { agents, sessions } = yield* Julep
  const [decision, session, call = ""] = process.argv.slice(2)
  if (decision === undefined) {
    const agent = yield* agents.ensure("refunds", { name: "Ada" })
    const { id } = yield* sessions.create({ agent_id: agent.id })
    const content = "Please refund 120 euros for order 1042."
    // The offline model calls a tool only if `tool_choice` demands it.
    const input: ChatInput = { messages: [{ role: "user", content }], tool_choice: "required" }
    const run = yield* sessions.run(id, input, { tools: { refund } })
    for (const { arguments: args, message_id } of run.status === "suspended" ? run.calls : []) {
      yield* Console.log(
        `May it refund ${JSON.stringify(args)}?\nallow ${id} ${message_id}\nrefuse ${id} ${message_id}`
      )
    }
  } else {
    const id = yield* Schema.decodeUnknown(SessionId)(session)
    const approval: Approval = decision === "allow" ? decision : { refuse: "The clerk declined." }
    yield* Console.log((yield* sessions.resume(id, { tools: { refund }, decisions: { [call]: approval } })).text)
  }
}).pipe(Effect.catchTag("Conflict", ({ message }) => Console.log(`Decided before: ${message}`)))

// The database is a file, so that the run is there when the next process opens it.
await program.pipe(Effect.provide(Embedded.layer()), Effect.runPromise)
