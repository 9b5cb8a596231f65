// A process whose model never replies, and which reports each request to the model: silentModel.ts <file>.
// Both ways to chat, each in a session of its own.
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import { Embedded } from "../../../src/embedded.js"
import { Julep } from "../../../src/index.js"
import * as Scripted from "../../../src/layers/Scripted.js"
import { say } from "./say.js"

const [file = ""] = process.argv.slice(2)

const never: Scripted.Step = () =>
  Effect.zipRight(
    Effect.sync(() => say("request")),
    Effect.never
  )
const model = Scripted.layer((_, index) => (index === 0 ? never : Scripted.pieces(["Half of ", "a "], never)))

const input = { messages: [{ role: "user", content: "Are you there?" }] } as const

Effect.gen(function* () {
  const { agents, sessions } = yield* Julep
  const agent = yield* agents.create({ name: "Ada" })
  const [whole, streamed] = yield* Effect.all([agent.id, agent.id].map((agent_id) => sessions.create({ agent_id })))
  if (whole === undefined || streamed === undefined) return
  say(`${whole.id} ${streamed.id}`)
  const both = [sessions.chat(whole.id, input), Stream.runDrain(sessions.chatStream(streamed.id, input))]
  yield* Effect.all(both, { concurrency: "unbounded" })
}).pipe(
  Effect.provide(Embedded.layer({ storage: { file }, model })),
  Effect.provide(Logger.replace(Logger.defaultLogger, Logger.none)),
  Effect.runPromise
)
