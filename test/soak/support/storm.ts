// A process that runs random turns in its sessions until it is killed, and reports each step: storm.ts <file> <seed>.
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import { Embedded } from "../../../src/embedded.js"
import { Julep } from "../../../src/index.js"
import * as Scripted from "../../../src/layers/Scripted.js"
import { PlannedEndpoint, planOf } from "../../support/plannedEndpoint.js"
import { isAbort, outcomes, type Question } from "../../support/turnOracle.js"
import { says } from "../../support/turns.js"
import { say } from "./say.js"

const [file = "", seed = "0"] = process.argv.slice(2)

/** A step: to delete the history, or to ask, anew or an earlier question. */
const step = FastCheck.record({
  clear: FastCheck.nat({ max: 19 }).map((number) => number === 0),
  again: FastCheck.boolean(),
  keyed: FastCheck.boolean(),
  streamed: FastCheck.boolean(),
  outcome: FastCheck.constantFrom(...outcomes.filter((outcome) => !isAbort(outcome))),
  delay: FastCheck.nat({ max: 3 })
})

const endpoint = new PlannedEndpoint()
const sessionOf = new Map<Question, string>()
const delays = new Map<number, number>()
const model = Scripted.layer((request) => {
  const planned = endpoint.script(request)
  for (const { request: _, ...call } of endpoint.takeCalls())
    say(JSON.stringify({ call, session: sessionOf.get(call.question) }))
  return Scripted.delay(delays.get(request.settings.seed ?? -1) ?? 0, planned)
})

const converse = Effect.fnUntraced(function* (number: number) {
  const { agents, sessions, users } = yield* Julep
  const agent = yield* agents.create({ name: "Ada" })
  const user = yield* users.create({ name: "Sam" })
  const { id } = yield* sessions.create({ agent_id: agent.id, user_id: user.id })
  const asked: Array<{ readonly question: Question; readonly streamed: boolean }> = []
  for (const { again, clear, delay, keyed, outcome, streamed } of FastCheck.sample(step, {
    numRuns: 1000,
    seed: Number(seed) + number
  })) {
    if (clear) {
      say(JSON.stringify({ session: id, clear: "begun" }))
      yield* sessions.deleteHistory(id)
      say(JSON.stringify({ session: id, clear: "done" }))
      continue
    }
    const index = endpoint.nextQuestion()
    const text = `Question ${index}: where is the lamp?`
    const fresh = { question: { number: index, text, key: keyed ? `key ${index}` : undefined }, streamed }
    const turn = (again ? asked.at(-1) : undefined) ?? fresh
    if (turn === fresh) asked.push(fresh)
    const { question } = turn
    endpoint.add(planOf(question, turn.streamed, [outcome]))
    delays.set(question.number, delay)
    sessionOf.set(question, id)
    say(JSON.stringify({ session: id, ask: turn }))
    const input = { messages: [says(question.text)], seed: question.number } as const
    const chat = turn.streamed ? Stream.runDrain(sessions.chatStream(id, input)) : sessions.chat(id, input)
    const options = question.key === undefined ? {} : { idempotencyKey: question.key }
    yield* Effect.ignore(Julep.withOptions({ retry: false, ...options })(chat))
    say(JSON.stringify({ session: id, ended: question.number }))
  }
})

Effect.forEach([1, 2, 3, 4], converse, { concurrency: "unbounded", discard: true }).pipe(
  Effect.provide(Embedded.layer({ storage: { file }, model })),
  Effect.provide(Logger.replace(Logger.defaultLogger, Logger.none)),
  Effect.runPromise
)
