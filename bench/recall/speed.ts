/** The speed of recall in a store with many snippets and a long history, and the size of the store. */
import * as Effect from "effect/Effect"
import { Embedded } from "../../src/embedded.js"
import { Julep } from "../../src/index.js"
import type { JobId } from "../../src/schema/Job.js"
import type { SessionId } from "../../src/schema/Session.js"
import { writer } from "../embedded/support.js"
import { finished, layer, next, searching } from "./engine.js"
import { percentile } from "./measures.js"
import type { Stores } from "./store.js"

const SNIPPETS = Number(process.env["SNIPPETS"] ?? 10_000)
const MESSAGES = Number(process.env["MESSAGES"] ?? 100_000)
const QUERIES = 200

/** The CPU time of the process so far, in milliseconds. */
const processorTime = () => {
  const { system, user } = process.cpuUsage()
  return (user + system) / 1000
}

/** The wall-clock and the CPU time of effects, in milliseconds: the median and the p95 of each. */
const times = <A, E, R>(run: () => Effect.Effect<A, E, R>) =>
  Effect.map(
    Effect.forEach(
      Array.from({ length: QUERIES }),
      Effect.fnUntraced(function* () {
        const start = performance.now()
        const before = processorTime()
        yield* run()
        return { passed: performance.now() - start, used: processorTime() - before }
      })
    ),
    (all) =>
      [all.map(({ passed }) => passed), all.map(({ used }) => used)].flatMap((each) => [
        percentile(each, 0.5),
        percentile(each, 0.95)
      ])
  )

/** Creates the docs of an agent, and a session of it. Each doc is one passage. */
const docs = Effect.gen(function* () {
  const julep = yield* Julep
  const text = writer(7)
  const agent = yield* julep.agents.create({ name: "Ada" })
  const user = yield* julep.users.create({ name: "Sam" })
  const session = yield* julep.sessions.create({ agent_id: agent.id, user_id: user.id })
  const created = yield* Effect.forEach(Array.from({ length: SNIPPETS }), () =>
    julep.docs.create({ agent_id: agent.id, doc: { title: text.title(), content: text.paragraph() } })
  )
  yield* finished(created.flatMap(({ jobs }) => jobs))
  return session.id
})

/** Fills the history of a session. Many messages in one request make the same history in less time. */
const messages = (session: SessionId) =>
  Effect.gen(function* () {
    const { sessions } = yield* Julep
    const text = writer(8)
    const jobs: Array<JobId> = []
    for (let written = 0; written < MESSAGES; written += 200) {
      next.line = text.statement()
      const [first, ...rest] = Array.from({ length: 199 }, (_, index) => ({
        role: index % 2 === 0 ? ("user" as const) : ("assistant" as const),
        content: index % 2 === 0 ? text.question() : text.statement()
      }))
      if (first === undefined) continue
      const reply = yield* sessions.chat(session, { messages: [first, ...rest], recall: false, remember: false })
      jobs.push(...reply.jobs)
    }
    yield* finished(jobs)
  })

/** The times of the searches of a session, and of a whole prompt: recall and the fitting to the window. Nothing is sent. */
const searches = (session: SessionId) =>
  Effect.gen(function* () {
    const julep = yield* Julep
    const text = writer(11)
    const question = () => `${text.question()} ${text.question()}`
    const search = yield* searching(session)
    const prompt = () => julep.sessions.render(session, { messages: [{ role: "user", content: question() }] })
    yield* search.passages(question(), 6)
    yield* search.turns(question(), 40)
    yield* prompt()
    return {
      snippets: yield* times(() => search.passages(question(), 6)),
      messages: yield* times(() => search.turns(question(), 40)),
      prompt: yield* times(prompt)
    }
  })

/** The times of searches in a new store, and the bytes that a passage and a message take in it. */
export const measure = (stores: Stores, embedder: Parameters<typeof layer>[1] = Embedded.Embedder.none) =>
  Effect.gen(function* () {
    const { settled, size, storage } = yield* stores.make
    const engine = layer(storage, embedder)
    yield* Effect.provide(Julep, engine)
    const empty = yield* size
    const session = yield* Effect.provide(docs, engine)
    const withDocs = yield* size
    yield* Effect.provide(messages(session), engine)
    const full = yield* size
    yield* settled
    const found = yield* Effect.provide(searches(session), engine)
    return { ...found, passageBytes: (withDocs - empty) / SNIPPETS, messageBytes: (full - withDocs) / MESSAGES }
  }).pipe(Effect.scoped)

/** What is measured. */
export const TITLE = `${SNIPPETS} snippets and ${MESSAGES} messages of one session; vectors have 768 numbers`
