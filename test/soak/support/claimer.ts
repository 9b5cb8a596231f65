// A process that hangs in the tool of a run that it resumed, so that its call is claimed: claimer.ts <file>.
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { Embedded } from "../../../src/embedded.js"
import { Julep, tool } from "../../../src/index.js"
import * as Scripted from "../../../src/layers/Scripted.js"
import { say } from "./say.js"

const [file = ""] = process.argv.slice(2)

const refund = tool({
  needsApproval: true,
  execute: () =>
    Effect.zipRight(
      Effect.sync(() => say("running")),
      Effect.never
    )
})
const model = Scripted.layer([Scripted.toolCalls([{ id: "c1", name: "refund", arguments: "{}" }])])

Effect.gen(function* () {
  const { agents, sessions } = yield* Julep
  const agent = yield* agents.create({ name: "Ada" })
  const { id } = yield* sessions.create({ agent_id: agent.id })
  const run = yield* sessions.run(id, "Refund.", { tools: { refund } })
  const [call] = run.status === "suspended" ? run.calls : []
  if (call === undefined) return
  say(`${id} ${call.message_id}`)
  yield* sessions.resume(id, { tools: { refund }, decisions: { [call.message_id]: "allow" } })
}).pipe(
  Effect.provide(Embedded.layer({ storage: { file }, model })),
  Effect.provide(Logger.replace(Logger.defaultLogger, Logger.none)),
  Effect.runPromise
)
