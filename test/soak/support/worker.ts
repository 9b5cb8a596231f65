// A process whose model answers a chat but never the job of that chat, and which reports the start of the job: worker.ts <file>.
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { Embedded } from "../../../src/embedded.js"
import { Julep } from "../../../src/index.js"
import * as Scripted from "../../../src/layers/Scripted.js"
import { says } from "../../support/turns.js"
import { say } from "./say.js"

const [file = ""] = process.argv.slice(2)

const never: Scripted.Step = () =>
  Effect.zipRight(
    Effect.sync(() => say("begun")),
    Effect.never
  )
const model = Scripted.layer((_, index) => (index === 0 ? Scripted.reply("Noted.") : never), { instructable: true })

Effect.gen(function* () {
  const { agents, sessions, users } = yield* Julep
  const agent = yield* agents.create({ name: "Ada" })
  const user = yield* users.create({ name: "Sam" })
  const { id } = yield* sessions.create({ agent_id: agent.id, user_id: user.id })
  const { jobs } = yield* sessions.chat(id, { messages: [says("I keep bees at home.")] })
  say(JSON.stringify(jobs))
  yield* Effect.never
}).pipe(
  Effect.provide(Embedded.layer({ storage: { file }, model })),
  Effect.provide(Logger.replace(Logger.defaultLogger, Logger.none)),
  Effect.runPromise
)
