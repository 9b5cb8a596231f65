/**
 * One process of the benchmark of stores. Its argument is a `Task` as JSON. It prints a line when it is ready, begins when it
 * reads a line, and prints its `Outcome` as JSON.
 */
import { once } from "node:events"
import * as readline from "node:readline"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Tracer from "effect/Tracer"
import { Julep } from "effect-julep"
import { Embedded } from "effect-julep/embedded"
import { instantModel, runBenchmark, writer } from "../embedded/support.js"

/** What a process does: chat turns in some sessions at a time, or docs, 16 at a time. */
export interface Task {
  readonly storage: Embedded.StorageOption
  readonly kind: "turns" | "docs"
  readonly sessions: number
  readonly count: number
  /** Counts statements instead of time. */
  readonly counts: boolean
}

/** How long it took, in milliseconds, and what each turn took. */
export interface Outcome {
  readonly wall: number
  readonly cpu: number
  readonly latencies: ReadonlyArray<number>
  readonly statements: number
}

/** Turns or docs that are not measured: V8 compiles the code in them, and PostgreSQL makes its plans. */
const WARM_UP = 1000
const DOCS_AT_A_TIME = 16

let statements = 0
const span = Tracer.make({
  span: (name, parent, context, links, startTime, kind) => {
    if (name === "sql.execute") statements++
    return new CountedSpan(name, parent, context, links, startTime, kind)
  },
  context: (f) => f()
})

/** A span that is not kept. */
class CountedSpan implements Tracer.Span {
  readonly _tag = "Span"
  readonly spanId = "0"
  readonly traceId = "0"
  readonly sampled = true
  readonly attributes = new Map<string, unknown>()
  status: Tracer.SpanStatus
  constructor(
    readonly name: string,
    readonly parent: Tracer.Span["parent"],
    readonly context: Tracer.Span["context"],
    readonly links: ReadonlyArray<Tracer.SpanLink>,
    startTime: bigint,
    readonly kind: Tracer.SpanKind
  ) {
    this.status = { _tag: "Started", startTime }
  }
  end() {}
  attribute() {}
  event() {}
  addLinks() {}
}

const lines = readline.createInterface({ input: process.stdin })

/** Measures work that takes its latencies down. */
const measured = <E, R>(work: (latencies: Array<number>) => Effect.Effect<void, E, R>) =>
  Effect.gen(function* () {
    console.log("ready")
    yield* Effect.promise(() => once(lines, "line"))
    statements = 0
    const latencies: Array<number> = []
    const start = performance.now()
    const before = process.cpuUsage()
    yield* work(latencies)
    const { system, user } = process.cpuUsage(before)
    const outcome: Outcome = { wall: performance.now() - start, cpu: (system + user) / 1000, latencies, statements }
    console.log(JSON.stringify(outcome))
  })

const turns = ({ count, sessions }: Task) =>
  Effect.gen(function* () {
    const julep = yield* Julep
    const text = writer(7 + process.pid)
    const docs = Array.from({ length: 20 }, () => ({ title: text.title(), content: text.paragraph() }))
    const agent = yield* julep.agents.create({ name: "Ada", about: "helps", instructions: ["Be brief."], docs })
    for (const job of agent.jobs) yield* julep.jobs.await(job)
    const session = Effect.gen(function* () {
      const user = yield* julep.users.create({ name: "Sam", about: "talks" })
      return yield* julep.sessions.create({ agent_id: agent.id, user_id: user.id, situation: "A bench." })
    })
    const all = yield* Effect.replicateEffect(session, sessions)
    let begun = 0
    const turn = (id: (typeof all)[number]["id"]) =>
      Effect.suspend(() => {
        const content = ++begun % 5 === 0 ? text.question() : text.statement()
        return julep.sessions.chat(id, { messages: [{ role: "user", content }] })
      })
    const talk = (each: number, latencies: Array<number>) =>
      Effect.forEach(
        all,
        ({ id }) =>
          Effect.replicateEffect(
            Effect.suspend(() => {
              const start = performance.now()
              return Effect.tap(turn(id), () => Effect.sync(() => latencies.push(performance.now() - start)))
            }),
            each,
            { discard: true }
          ),
        { concurrency: "unbounded", discard: true }
      )
    yield* talk(Math.ceil(WARM_UP / sessions), [])
    yield* measured((latencies) => talk(Math.ceil(count / sessions), latencies))
  })

const docs = ({ count }: Task) =>
  Effect.gen(function* () {
    const julep = yield* Julep
    const text = writer(11 + process.pid)
    const agent = yield* julep.agents.create({ name: "Ada" })
    const write = (number: number) =>
      Effect.forEach(
        Array.from({ length: number }, () => ({ title: text.title(), content: text.paragraph() })),
        (doc) => julep.docs.create({ agent_id: agent.id, doc }),
        { concurrency: DOCS_AT_A_TIME, discard: true }
      )
    yield* write(WARM_UP)
    yield* measured(() => write(count))
  })

const task: Task = JSON.parse(process.argv[2] ?? "")
const work = task.kind === "turns" ? turns(task) : docs(task)
const engine = Embedded.layer({ storage: task.storage, model: instantModel })
const counted = task.counts ? Layer.setTracer(span) : Layer.empty
// A line is an answer: nothing else is printed.
const silent = Logger.replace(Logger.defaultLogger, Logger.none)
await runBenchmark(work.pipe(Effect.provide(Layer.provideMerge(engine, counted)), Effect.provide(silent)))
lines.close()
