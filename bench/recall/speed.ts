/** The speed of recall on a file with many snippets and a long history. */
import * as Effect from "effect/Effect"
import { Embedded } from "../../src/embedded.js"
import { Julep } from "../../src/index.js"
import type { SessionId } from "../../src/schema/Session.js"
import { writer } from "../embedded/support.js"
import { next, searching } from "./engine.js"
import { percentile } from "./measures.js"

const QUERIES = 200

/** The CPU time of the process so far, in milliseconds. */
const processorTime = () => {
  const { system, user } = process.cpuUsage()
  return (user + system) / 1000
}

/** The wall-clock and the CPU time of each run of an effect, in milliseconds. */
const times = <A, E, R>(run: (index: number) => Effect.Effect<A, E, R>) =>
  Effect.forEach(Array.from({ length: QUERIES }), (_, index) =>
    Effect.gen(function* () {
      const start = performance.now()
      const before = processorTime()
      yield* run(index)
      return { passed: performance.now() - start, used: processorTime() - before }
    })
  )

const summary = (values: ReadonlyArray<{ readonly passed: number; readonly used: number }>) =>
  [values.map(({ passed }) => passed), values.map(({ used }) => used)].flatMap((each) => [
    percentile(each, 0.5),
    percentile(each, 0.95)
  ])

/** The median and the p95 of searches among this many snippets and this many messages of one session. */
export const measure = (snippets: number, messages: number) =>
  Effect.gen(function* () {
    const julep = yield* Julep
    const text = writer(7)
    const docs = Array.from({ length: snippets }, () => ({ title: text.title(), content: text.paragraph() }))
    const agent = yield* julep.agents.create({ name: "Ada", docs })
    // The jobs of the docs end before the measurement begins.
    yield* Effect.forEach(agent.jobs, (job) => julep.jobs.await(job), { discard: true })
    const user = yield* julep.users.create({ name: "Sam" })
    const session = yield* julep.sessions.create({ agent_id: agent.id, user_id: user.id })
    const options = { recall: false, remember: false }
    // Many messages in one request make the same history in less time.
    for (let written = 0; written < messages; written += 200) {
      next.line = text.statement()
      const messages = Array.from({ length: 199 }, (_, index) => ({
        role: index % 2 === 0 ? ("user" as const) : ("assistant" as const),
        content: index % 2 === 0 ? text.question() : text.statement()
      }))
      const [first, ...rest] = messages
      if (first !== undefined) yield* julep.sessions.chat(session.id, { messages: [first, ...rest], ...options })
    }
    const search = yield* Effect.provide(searching(session.id), Embedded.Embedder.none)
    const hybrid = yield* searching(session.id)
    const question = () => `${text.question()} ${text.question()}`
    yield* search.passages(question(), 6)
    return {
      session: session.id,
      passages: summary(yield* times(() => search.passages(question(), 6))),
      hybrid: summary(yield* times(() => hybrid.passages(question(), 6))),
      turns: summary(yield* times(() => search.turns(question(), 40)))
    }
  })

/** The same of a whole prompt: recall, the newest turns, and the fitting to the window. Nothing is sent. */
export const prompts = (session: SessionId) =>
  Effect.gen(function* () {
    const { sessions } = yield* Julep
    const text = writer(11)
    const render = () =>
      sessions.render(session, { messages: [{ role: "user", content: `${text.question()} ${text.question()}` }] })
    yield* render()
    return summary(yield* times(render))
  })
