/**
 * Docs of hostile shapes: the time until all of a doc is found, for each MB, and how long another request and a timer wait
 * at most while it is stored and indexed, and while it is deleted. Times are CPU time of this process, because other
 * processes must not count. `MB` is 1.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Julep } from "effect-julep"
import { Embedded } from "effect-julep/embedded"
import { instantModel, runBenchmark, temporaryFile, writer } from "./support.js"

const SIZE = Number(process.env["MB"] ?? 1) * 1_000_000
const filled = (piece: string) => piece.repeat(Math.ceil(SIZE / piece.length))
const written = (piece: () => string) => {
  let text = ""
  while (text.length < SIZE) text += piece()
  return text
}
let last = 0
const ideograph = () => {
  last = (last * 5 + 1237) % 4001
  return String.fromCharCode(0x4e00 + last)
}
const now = () => {
  const { system, user } = process.cpuUsage()
  return (system + user) / 1000
}
const { paragraph, title } = writer(3)

type Doc = { readonly title: string; readonly content: string | readonly [string, ...Array<string>] }
const text = (content: string): Doc => ({ title: "t", content })
const chunks = (chunk: string): Doc["content"] => [chunk, ...Array.from({ length: SIZE / 250 }, () => chunk)]

const shapes: ReadonlyArray<readonly [what: string, doc: () => Doc]> = [
  ["paragraphs", () => text(written(() => `${paragraph()}\n\n`))],
  ["one paragraph", () => text(written(() => `${paragraph()} `))],
  ["one word", () => text(filled("a"))],
  ["Chinese", () => text(written(ideograph))],
  ["Thai", () => text(filled("สวัสดีครับยินดี"))],
  ["combining marks", () => text(filled("a\u0301\u0302"))],
  ["bare headings", () => text(filled("# h\n"))],
  [
    "deep headings",
    () =>
      text(
        [1, 2, 3, 4, 5].map((level) => `${"#".repeat(level)} ${"w ".repeat(90)}\n`).join("") + filled("###### a\nb\n")
      )
  ],
  ["a table", () => text(filled("| a | bc | 12 | word |\n"))],
  ["lines of a letter", () => text(filled("a\n"))],
  ["blank lines", () => text(`${filled("\n")}a`)],
  ["code without an end", () => text(`\`\`\`\n${filled("const a = 1\n")}`)],
  [
    "chunks under a title of 6,000 words",
    () => ({ title: Array.from({ length: 2000 }, title).join(" "), content: chunks("x") })
  ],
  ["chunks under a title of one word", () => ({ title: filled("x"), content: chunks("x") })]
]

const hostile = Effect.gen(function* () {
  const { agents, docs, jobs } = yield* Julep
  const agent = yield* agents.create({ name: "Ada" })
  const other = yield* agents.create({ name: "Bob" })
  /** Runs an effect, and measures how long it takes and how long others wait meanwhile, in milliseconds. */
  const timed = Effect.fnUntraced(function* <A, E>(effect: Effect.Effect<A, E>) {
    const longest = { request: 0, timer: 0 }
    const watch = (kind: keyof typeof longest, wait: Effect.Effect<unknown, unknown>) =>
      Effect.sync(now).pipe(
        Effect.tap(() => Effect.ignore(wait)),
        Effect.tap((start) =>
          Effect.sync(() => {
            longest[kind] = Math.max(longest[kind], now() - start)
          })
        ),
        Effect.forever,
        Effect.fork
      )
    const fibers = [
      yield* watch("timer", Effect.sleep(1)),
      yield* watch("request", Effect.zipRight(agents.update(other.id, { about: "busy" }), Effect.sleep(1)))
    ]
    yield* Effect.sleep(5)
    const start = now()
    const value = yield* effect
    const time = now() - start
    yield* Effect.sleep(5)
    yield* Fiber.interruptAll(fibers)
    return { value, time, waits: `${Math.round(longest.request)}, ${Math.round(longest.timer)} ms`.padStart(14) }
  })
  console.log(
    "  longest wait of a request, of a timer:   while it is stored      indexed         deleted   time for each MB"
  )
  for (const [what, make] of shapes) {
    const doc = make()
    const size = JSON.stringify(doc).length / 1e6
    const stored = yield* timed(docs.create({ agent_id: agent.id, doc }))
    const indexed = yield* timed(
      Effect.forEach(stored.value.jobs, (job) => jobs.await(job, { interval: "20 millis" }), { discard: true })
    )
    // The passages are deleted after the answer.
    const purged = Effect.sleep(500 + 500 * Math.ceil(SIZE / 1e6))
    const deleted = yield* timed(Effect.zipLeft(docs.delete({ agent_id: agent.id, doc_id: stored.value.id }), purged))
    const rate = Math.round((stored.time + indexed.time) / size)
    console.log(
      `  ${what.padEnd(38)}: ${stored.waits} ${indexed.waits} ${deleted.waits} ${String(rate).padStart(8)} ms`
    )
  }
})

runBenchmark(
  Effect.scoped(
    Effect.flatMap(temporaryFile, (file) =>
      Effect.provide(hostile, Embedded.layer({ storage: { file }, model: instantModel }))
    )
  )
)
