/** The cost of a turn in a session of 1,000 messages, and in one of `MESSAGES` (100,000). */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import { Julep, type SessionId } from "effect-julep"
import { Embedded } from "effect-julep/embedded"
import { instantModel, runBenchmark, stopwatch, temporaryFile, writer } from "./support.js"

const MESSAGES = Number(process.env["MESSAGES"] ?? 100_000)
const TURNS = 300

const talk = Effect.gen(function* () {
  const julep = yield* Julep
  const text = writer(13)
  const agent = yield* julep.agents.create({ name: "Ada" })
  const says = (id: SessionId, count: number) =>
    julep.sessions.chat(id, {
      messages: Arr.makeBy(count, () => ({ role: "user" as const, content: text.statement() })),
      recall: false,
      remember: false
    })
  const filled = Effect.fnUntraced(function* (messages: number) {
    const { id } = yield* julep.sessions.create({ agent_id: agent.id })
    // A request of many more messages would not fit the window.
    for (let left = messages; left > 0; left -= 101) yield* says(id, Math.min(100, left))
    return id
  })
  const short = yield* filled(1000)
  const long = yield* filled(MESSAGES)
  // Alternating, so that other load affects both alike.
  for (let round = 0; round < 3; round++) {
    for (const [name, id] of [
      ["1,000", short],
      [MESSAGES.toLocaleString("en"), long]
    ] as const) {
      const watch = stopwatch()
      for (let turn = 0; turn < TURNS; turn++) yield* says(id, 1)
      console.log(`  a turn at ${name.padStart(7)} messages: ${watch(TURNS)}`)
    }
  }
})

runBenchmark(
  Effect.scoped(
    Effect.flatMap(temporaryFile, (file) =>
      Effect.provide(talk, Embedded.layer({ storage: { file }, model: instantModel }))
    )
  )
)
