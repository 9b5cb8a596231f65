import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Storage } from "../../../../src/engine/ports/Storage.js"
import { deleteExpiredThrottled, MemoryLifetime } from "../../../../src/engine/usecases/recall/MemoryLifetime.js"

const DAY = Duration.toMillis("1 day")

/** A sweep of memories that are kept for so long, and what it deletes. */
const sweep = (lifetime: Duration.DurationInput) =>
  Effect.gen(function* () {
    const deleted: Array<readonly [agent_id: string, since: number]> = []
    const used: Pick<Storage.Service["memories"], "expire"> = {
      expire: (_developer: string, agent_id: string, since: number) =>
        Effect.sync(() => void deleted.push([agent_id, since]))
    }
    // All that it uses.
    const memories = used as Storage.Service["memories"]
    const run = yield* deleteExpiredThrottled.pipe(
      Effect.provideService(Storage, { memories } as Storage.Service),
      Effect.provideService(MemoryLifetime, Duration.decode(lifetime))
    )
    yield* TestClock.setTime(2 * DAY)
    return { deleted, run: (agent: string) => run("d", agent) }
  })

describe("a sweep of expired memories", () => {
  it.effect("deletes those of an agent at first, and then once a minute at most", () =>
    Effect.gen(function* () {
      const { deleted, run } = yield* sweep("1 day")
      for (const agent of ["a", "b", "a"]) yield* run(agent)
      expect(deleted).toEqual([
        ["a", DAY],
        ["b", DAY]
      ])
      yield* TestClock.adjust("59 seconds")
      yield* run("a")
      expect(deleted).toHaveLength(2)
      yield* TestClock.adjust("1 second")
      yield* run("a")
      expect(deleted.slice(2)).toEqual([["a", DAY + 60_000]])
    })
  )

  it.effect("is as often as a short lifetime asks, and where memories are kept forever, there is none", () =>
    Effect.gen(function* () {
      const short = yield* sweep("10 seconds")
      yield* short.run("a")
      yield* TestClock.adjust("100 millis")
      yield* short.run("a")
      expect(short.deleted).toHaveLength(2)
      const forever = yield* sweep(Duration.infinity)
      yield* forever.run("a")
      expect(forever.deleted).toEqual([])
    })
  )
})
