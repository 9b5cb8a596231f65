/** Shared by the benchmarks of the embedded engine: an instant model, generated text, a temporary file. */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Stream from "effect/Stream"
import { Embedded } from "effect-julep/embedded"

const REPLY = "Noted. Is there anything else that you would like to do today?"

const replies = (content: string) =>
  Effect.succeed({
    content,
    tool_calls: [],
    finish_reason: "stop",
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
  })

/** A model that takes no time, so that the benchmark measures the engine. */
const instant: Embedded.Model["Type"] = {
  instructable: false,
  complete: () => replies(REPLY),
  stream: () => Stream.die("the benchmarks do not stream"),
  list: Effect.succeed(["instant"])
}

/** The instant model as a layer. */
export const instantModel = Layer.succeed(Embedded.Model, instant)

/** A statement of the talk, in a prompt that asks for its facts. */
const STATEMENT = /My (?:\w+ )+is at the (?:\w+ ?)+/g

/** The instant model as one that follows instructions: each turn's job asks it for facts, and then for a summary. */
export const instructableModel = Layer.succeed(Embedded.Model, {
  ...instant,
  instructable: true,
  complete: ({ messages }) => {
    const prompt = JSON.stringify(messages)
    if (prompt.includes("You note what"))
      return replies(JSON.stringify({ facts: (prompt.match(STATEMENT) ?? []).slice(-1) }))
    return replies(prompt.includes("running summary") ? "Sam and Ada talk about where things are. ".repeat(8) : REPLY)
  }
})

/** A database file in a folder that is deleted with the scope. */
export const temporaryFile = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "effect-julep-bench-"))),
    (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true }))
  ),
  (folder) => path.join(folder, "julep.db")
)

/** A generator of the same numbers in every run. */
const random = (seed: number) => () => {
  seed = (seed * 1664525 + 1013904223) % 4294967296
  return seed / 4294967296
}

const syllables = ["ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu", "ve"]
const word = (rank: number): string => {
  const of = (index: number) => syllables[index % syllables.length] ?? ""
  return (
    of(rank) +
    of(Math.floor(rank / 16) + rank) +
    (rank < 256 ? "" : of(Math.floor(rank / 256))) +
    (rank % 7 === 0 ? "n" : "")
  )
}

/** Sentences of 4,000 words, distributed as in a natural language without stop words. */
export const writer = (seed: number) => {
  const next = random(seed)
  const words = (count: number) => Array.from({ length: count }, () => word(Math.floor(20 * 200 ** next()))).join(" ")
  return {
    /** A statement of a user, which becomes a memory. */
    statement: () => `My ${words(3)} is at the ${words(4)}.`,
    question: () => `Where is the ${words(4)}?`,
    /** About 80 words. */
    paragraph: () => Array.from({ length: 8 }, () => `The ${words(4)} has ${words(4)}.`).join(" "),
    title: () => words(3)
  }
}

/** Runs a benchmark without the engine's log. */
export const runBenchmark = <E>(benchmark: Effect.Effect<void, E>) =>
  Effect.runPromise(
    Effect.provide(benchmark, Layer.merge(Logger.minimumLogLevel(LogLevel.Warning), Layer.empty))
  ).catch((error) => {
    console.error(error)
    process.exitCode = 1
  })

const round = (value: number): string => Math.round(value).toLocaleString("en")

/** Measures the rate from now on: by elapsed time, and by the CPU time of this process. */
export const stopwatch = () => {
  const start = performance.now()
  const cpu = process.cpuUsage()
  return (count: number): string => {
    const { system, user } = process.cpuUsage(cpu)
    const perSecond = (ms: number) => `${round((count / ms) * 1000).padStart(6)}/s`
    return `${perSecond(performance.now() - start)}, ${perSecond((user + system) / 1000)} of CPU time`
  }
}
