/**
 * The CPU time of one event of a streamed turn in process, from the model to the reader: when many events arrive
 * together, and when they arrive one by one. EVENTS is the number of events a stream has (10,000).
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Julep } from "effect-julep"
import { Embedded } from "effect-julep/embedded"
import { runBenchmark } from "./support.js"

const EVENTS = Number(process.env["EVENTS"] ?? 10_000)
const STREAMS = 8

/** A model that writes words at once, `together` in a chunk. */
const writing = (together: number): Layer.Layer<Embedded.Model> => {
  const words = Stream.range(1, EVENTS).pipe(
    Stream.map((index) => ({ _tag: "Text" as const, text: `word${index} ` })),
    Stream.rechunk(together)
  )
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
  const end = Stream.make({ _tag: "End" as const, finish_reason: "stop", usage })
  return Layer.succeed(Embedded.Model, {
    instructable: false,
    complete: () => Effect.dieMessage("this benchmark streams"),
    stream: () => Stream.concat(words, end),
    list: Effect.succeed(["instant"])
  })
}

const read = (title: string) =>
  Effect.gen(function* () {
    const { agents, sessions } = yield* Julep
    const agent = yield* agents.create({ name: "Ada" })
    const session = yield* sessions.create({ agent_id: agent.id })
    const stream = sessions.chatStream(session.id, {
      messages: [{ role: "user", content: "Go on." }],
      record: false,
      recall: false,
      remember: false
    })
    yield* Stream.runDrain(stream)
    const times: Array<number> = []
    for (let done = 0; done < STREAMS; done++) {
      const before = process.cpuUsage()
      const events = yield* Stream.runCount(stream)
      const { system, user } = process.cpuUsage(before)
      times.push((user + system) / events)
    }
    const [least = 0, ...rest] = times.toSorted((a, b) => a - b)
    const median = rest[Math.floor(rest.length / 2)] ?? least
    console.log(`  ${title}: ${median.toFixed(1)} us of CPU time an event (least ${least.toFixed(1)})`)
  })

runBenchmark(
  Effect.forEach(
    [
      [100, "100 together"],
      [1, "one by one  "]
    ] as const,
    ([together, title]) => Effect.provide(read(title), Embedded.layer({ storage: "memory", model: writing(together) })),
    { discard: true }
  )
)
