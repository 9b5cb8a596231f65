import { expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Runtime from "effect/Runtime"
import type { ModelRequest } from "../../src/engine/ports/Model.js"
import { Julep } from "../../src/index.js"
import type * as Scripted from "../../src/layers/Scripted.js"
import { type Content, contentText } from "../../src/schema/Message.js"
import type { SessionId } from "../../src/schema/Session.js"
import { soon, until } from "../support/latches.js"
import { type Call, type Plan, PlannedEndpoint, planOf } from "../support/plannedEndpoint.js"
import { strictFaults } from "../support/strictEndpoint.js"
import { type Command, command } from "../support/turnCommands.js"
import { isAbort, type Outcome, type Question, TurnOracle } from "../support/turnOracle.js"
import { recalledOf, says, sceneWithUser, turnsOf, waitingTurns } from "../support/turns.js"
import { type Answered, send, type Wire, type Wired } from "../support/wire.js"

const silent = Logger.replace(Logger.defaultLogger, Logger.none)

/** A session with what must hold of it. */
interface Talk {
  readonly id: SessionId
  readonly oracle: TurnOracle
  readonly asked: Array<{ readonly question: Question; readonly streamed: boolean }>
}

const statuses: { readonly [outcome in Outcome]?: number } = {
  reply: 200,
  rate_limited: 429,
  unknown_model: 400,
  invalid_request: 400
}

/** A stream has begun with the text before it fails. */
const statusOf = (outcome: Outcome, streamed: boolean) =>
  outcome === "midway" && streamed ? 200 : (statuses[outcome] ?? 502)

/** The questions and replies in a text. */
const saidIn = (text: string): ReadonlyArray<string> => text.match(/(?:Question|Reply) \d+[^.?]*[.?]/g) ?? []

const textOfMessage = (content: Content | null) => (content === null ? "" : contentText(content))

/** The events of a streamed answer. */
const eventsIn = (body: string): ReadonlyArray<string> =>
  body.split("\n\n").flatMap((event) => (event.startsWith("data: ") ? [event.slice("data: ".length)] : []))

/** The text of an answer, whole or streamed. */
const textIn = ({ body }: Answered): string =>
  typeof body === "string"
    ? eventsIn(body)
        .flatMap((event) => /"content":("(?:[^"\\]|\\.)*")/.exec(event)?.[1] ?? [])
        .map((content): string => JSON.parse(content))
        .join("")
    : JSON.stringify(body)

const SQL = /SQLITE|\b(?:SELECT|INSERT|UPDATE|DELETE FROM|REPLACE INTO)\b|constraint/

const begun = Effect.gen(function* () {
  const { agent, julep, session, user } = yield* sceneWithUser()
  const other = yield* julep.sessions.create({ agent_id: agent.id, user_id: user.id })
  const talk = (id: SessionId): Talk => ({ id, oracle: new TurnOracle(), asked: [] })
  const talks: [Talk, Talk] = [talk(session.id), talk(other.id)]
  return { agent, user, talks, talk }
})

/** Runs the commands, and checks after each one that its session is what the oracle says. */
const storm = Effect.fnUntraced(function* (endpoint: PlannedEndpoint, commands: ReadonlyArray<Command>) {
  endpoint.reset()
  const julep = yield* Julep
  let scene = yield* begun

  const newQuestion = (talk: Talk, streamed: boolean, keyed: boolean): Question => {
    const number = endpoint.nextQuestion()
    const question = {
      number,
      text: `Question ${number}: where is the lamp?`,
      key: keyed ? `key ${number}` : undefined
    }
    talk.asked.push({ question, streamed })
    return question
  }

  const request = ({ id }: Talk, { question, streamed }: Plan) =>
    send("POST", `/sessions/${id}/chat`, {
      json: { messages: [says(question.text)], stream: streamed, seed: question.number },
      headers: question.key === undefined ? {} : { "idempotency-key": question.key }
    }).pipe(
      Effect.tap((answered) => Effect.sync(() => expect(JSON.stringify(answered)).not.toMatch(SQL))),
      soon("an answer")
    )

  const planned = (...plan: Parameters<typeof planOf>) => {
    const made = planOf(...plan)
    endpoint.add(made)
    return made
  }

  /** The prompt of a call is the conversation, each text once, and recalls nothing else than what it may. */
  const checkPrompt = ({ oracle }: Talk, messages: ModelRequest) => {
    const texts = turnsOf(messages).flatMap(({ content }) => saidIn(textOfMessage(content)))
    expect(texts).toEqual(oracle.prompt)
    const others = scene.talks.flatMap((talk) => (talk.oracle === oracle ? [] : talk.oracle.prompt))
    expect(others).toEqual(expect.arrayContaining([...saidIn(recalledOf(messages))]))
    expect(strictFaults(messages)).toEqual([])
  }

  const beginCall = (talk: Talk, call: Call) => {
    talk.oracle.begin(call.question)
    checkPrompt(talk, call.request)
  }

  /** Waits for the end of the turns of a session, and compares its history. */
  const settle = Effect.fnUntraced(function* (talk: Talk, calls = endpoint.takeCalls()) {
    const { oracle } = talk
    for (const call of calls) {
      beginCall(talk, call)
      oracle.end(call)
    }
    // The rendering of a prompt waits for the turns before it.
    const rendered = yield* soon("a rendering")(julep.sessions.render(talk.id, { messages: [says("And now?")] }))
    const texts = rendered.messages.slice(1).flatMap(({ content }) => saidIn(JSON.stringify(content)))
    expect(texts).toEqual(expect.arrayContaining([...oracle.prompt]))
    const history = yield* julep.sessions.history(talk.id, { limit: 1000 })
    expect(
      history.map(({ aborted, content, refused, role }) => ({ role, text: contentText(content), refused, aborted }))
    ).toEqual(oracle.rows.map(({ aborted, refused, role, text }) => ({ role, text, refused, aborted })))
    return calls
  })

  /** One request whose call ends as planned, or which is given up while its call hangs. */
  const attempt = Effect.fnUntraced(function* (talk: Talk, question: Question, streamed: boolean, outcome: Outcome) {
    const kept = talk.oracle.keptReply(question)
    const plan = planned(question, streamed, [outcome])
    if (kept === undefined && isAbort(outcome)) {
      const fiber = yield* Effect.fork(request(talk, plan))
      yield* soon("a call that hangs")(Deferred.await(plan.hanging))
      yield* Fiber.interrupt(fiber)
      yield* soon("the end of the call")(Deferred.await(plan.stopped))
      expect(yield* settle(talk)).toHaveLength(1)
      return
    }
    const answered = yield* request(talk, plan)
    expect(yield* settle(talk)).toHaveLength(kept === undefined ? 1 : 0)
    expect(answered.status).toBe(kept === undefined ? statusOf(outcome, streamed) : 200)
    const reply =
      kept ?? talk.oracle.rows.findLast((row) => row.question === question && row.role === "assistant")?.text
    if (answered.status === 200) expect(textIn(answered)).toContain(reply)
    if (typeof answered.body === "string") {
      const isAborted = kept !== undefined && talk.oracle.rows.some(({ aborted, text }) => aborted && text === kept)
      const isWhole = kept !== undefined || outcome === "reply"
      const events = eventsIn(answered.body)
      expect(events.at(-1) === "[DONE]").toBe(isWhole)
      expect(events.at(isWhole ? -2 : -1)).toContain(
        isWhole ? `"finish_reason":"${isAborted ? "aborted" : "stop"}"` : '"error"'
      )
    }
  })

  const run = Effect.fnUntraced(function* (command: Command) {
    const { streamed } = command
    const talk = scene.talks[command.session]
    switch (command.do) {
      case "ask":
        return yield* attempt(talk, newQuestion(talk, streamed, command.keyed), streamed, command.outcome)
      case "retry": {
        const earlier = talk.asked.at(-1 - command.back)
        if (earlier === undefined) return
        // Under a key, a body that differs is a conflict.
        const again = earlier.question.key === undefined ? streamed : earlier.streamed
        return yield* attempt(talk, earlier.question, again, command.outcome)
      }
      case "double": {
        const plan = planned(newQuestion(talk, streamed, true), streamed, [command.outcome])
        const both = yield* Effect.all([request(talk, plan), request(talk, plan)], { concurrency: "unbounded" })
        const calls = yield* settle(talk)
        const isAnswered = command.outcome === "reply" || (command.outcome === "midway" && streamed)
        expect(calls).toHaveLength(isAnswered ? 1 : 2)
        const expected = [statusOf(command.outcome, streamed), 200].sort()
        expect(both.map(({ status }) => status).sort()).toEqual(expected)
        return
      }
      case "burst": {
        const plans = command.outcomes.map((outcome, index) => {
          const isStreamed = streamed !== (index % 2 === 1)
          return planned(newQuestion(talk, isStreamed, false), isStreamed, [outcome])
        })
        const all = yield* Effect.forEach(plans, (plan) => request(talk, plan), { concurrency: "unbounded" })
        expect(yield* settle(talk)).toHaveLength(plans.length)
        expect(all.map(({ status }) => status)).toEqual(
          command.outcomes.map((outcome, index) => statusOf(outcome, plans[index]?.streamed ?? false))
        )
        return
      }
      case "abandon": {
        const go = yield* Deferred.make<void>()
        const ahead = planned(newQuestion(talk, streamed, false), streamed, ["reply"], go)
        const first = yield* Effect.fork(request(talk, ahead))
        yield* soon("the turn ahead")(Deferred.await(ahead.reached))
        const before = yield* waitingTurns
        const second = yield* Effect.fork(request(talk, planned(newQuestion(talk, streamed, false), streamed, [])))
        yield* until("a turn that waits", waitingTurns, (count) => count > before)
        yield* Fiber.interrupt(second)
        yield* until("no turn that waits", waitingTurns, (count) => count === before)
        yield* Deferred.succeed(go, undefined)
        expect((yield* Fiber.join(first)).status).toBe(200)
        expect(yield* settle(talk)).toHaveLength(1)
        return
      }
      case "clear":
        yield* julep.sessions.deleteHistory(talk.id)
        talk.oracle.rows = []
        yield* settle(talk)
        return
      case "delete": {
        const go = yield* Deferred.make<void>()
        const plan = planned(newQuestion(talk, streamed, command.keyed), streamed, ["reply"], go)
        const fiber = yield* Effect.fork(request(talk, plan))
        yield* soon("the call")(Deferred.await(plan.reached))
        for (const call of endpoint.takeCalls()) beginCall(talk, call)
        const { agent, user } = scene
        if (command.what === "history") yield* julep.sessions.deleteHistory(talk.id)
        if (command.what === "session") yield* julep.sessions.delete(talk.id)
        if (command.what === "agent") yield* julep.agents.delete(agent.id)
        if (command.what === "user") yield* julep.users.delete(user.id)
        yield* Deferred.succeed(go, undefined)
        const answered = yield* Fiber.join(fiber)
        expect(answered.status).toBe(streamed ? 200 : 404)
        expect(JSON.stringify(answered.body)).toMatch(command.what === "history" ? /was deleted/ : /not found/)
        if (command.what === "history") {
          talk.oracle.rows = []
          yield* settle(talk)
          return
        }
        expect((yield* request(talk, plan)).status).toBe(404)
        if (command.what === "session") {
          const made = yield* julep.sessions.create({ agent_id: agent.id, user_id: user.id })
          scene.talks[command.session] = scene.talk(made.id)
        } else scene = yield* begun
        return
      }
    }
  })

  yield* Effect.forEach(commands, run, { discard: true })
  for (const talk of scene.talks) yield* attempt(talk, newQuestion(talk, false, false), false, "reply")
})

/** Random turns that fail, are tried again, aborted and deleted: history, prompts and statuses are always right. */
export const randomTurns = (name: string, mode: Wired, turns: number) =>
  it.live(
    `${turns} random turns hold what the oracle says: ${name} (SOAK=n)`,
    () => {
      const endpoint = new PlannedEndpoint()
      return Effect.gen(function* () {
        const runtime = yield* Effect.runtime<Julep | Julep.Managers | Scripted.Scripted | Wire>()
        const holds = FastCheck.asyncProperty(FastCheck.array(command, { maxLength: 24, size: "max" }), (commands) =>
          Runtime.runPromise(runtime)(storm(endpoint, commands))
        )
        // A run has 12 commands on average, most of which make a turn: half of the runs would do.
        yield* Effect.promise(() => FastCheck.assert(holds, { numRuns: Math.ceil(turns / 6) }))
        expect(endpoint.count).toBeGreaterThanOrEqual(turns)
      }).pipe(Effect.provide(mode(endpoint.script)), Effect.provide(silent))
    },
    600_000
  )
