/** Recall of turns, on conversations of LoCoMo. Each exchange of the two speakers is one chat of the engine. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Julep } from "../../src/index.js"
import type { JobId } from "../../src/schema/Job.js"
import type { SessionId } from "../../src/schema/Session.js"
import * as ReplayClock from "./clock.js"
import { type Conversation, said, type Turn, timeOf } from "./data.js"
import { byWordsAndBoth, finished, type layer, next, searching } from "./engine.js"
import { type Found, recallAt } from "./measures.js"
import { rankings } from "./plain.js"

/** The numbers of turns at which recall is measured. */
export const DEPTHS = [3, 5, 10, 25]

/** A reply without words, where the conversation has none: an empty one is an error. */
const NO_WORDS = "\u2026"

/** Replays turns in a session. The turns of the speaker who plays the agent are replies of the model. */
const converse = Effect.fnUntraced(function* (session: SessionId, turns: ReadonlyArray<Turn>, agent: string) {
  const { sessions } = yield* Julep
  const chat = ([first, ...rest]: ReadonlyArray<Turn>, reply: string) => {
    if (first === undefined) return Effect.succeed<ReadonlyArray<JobId>>([])
    const message = (turn: Turn) => ({
      role: turn.speaker === agent ? ("assistant" as const) : ("user" as const),
      name: turn.speaker,
      content: said(turn)
    })
    next.line = reply
    return Effect.map(
      sessions.chat(session, { messages: [message(first), ...rest.map(message)], recall: false }),
      ({ jobs }) => jobs
    )
  }
  const jobs: Array<JobId> = []
  let open: ReadonlyArray<Turn> = []
  for (const turn of turns) {
    if (turn.speaker === agent && open.length > 0) {
      jobs.push(...(yield* chat(open, said(turn))))
      open = []
    } else {
      open = [...open, turn]
    }
  }
  return [...jobs, ...(yield* chat(open, NO_WORDS))]
})

/** The rankings of the engine. Each session of the conversation is a session of one agent with one user. */
const ours = ({ questions, speakers: [userName, agentName], turns }: Conversation, set: (now: number) => void) =>
  Effect.gen(function* () {
    const julep = yield* Julep
    const agent = yield* julep.agents.create({ name: agentName })
    const user = yield* julep.users.create({ name: userName })
    const open = julep.sessions.create({ agent_id: agent.id, user_id: user.id })
    const known = new Map<string, string>()
    for (const number of new Set(turns.map(({ session }) => session))) {
      const own = turns.filter((turn) => turn.session === number)
      for (const first of own.slice(0, 1)) set(timeOf(first))
      const session = yield* open
      // The jobs of a day end on that day.
      yield* finished(yield* converse(session.id, own, agentName))
      const stored = yield* Stream.runCollect(julep.sessions.historyAll(session.id))
      // A reply without words is not in the conversation.
      for (const [index, { id }] of [...stored].entries()) known.set(id ?? "", own[index]?.id ?? `reply ${number}`)
    }
    const { id } = yield* open
    return yield* byWordsAndBoth(
      Effect.flatMap(searching(id), (search) =>
        Effect.forEach(questions, ({ question }) =>
          Effect.map(search.turns(question, 25), (found) =>
            found.map(({ entry, score }): Found => ({ key: known.get(entry.id) ?? entry.id, score }))
          )
        )
      )
    )
  })

/** The recall of the evidence of each question, at each depth. */
const scores = ({ questions }: Conversation, ranked: ReadonlyArray<ReadonlyArray<Found>>) =>
  questions.map(({ category, evidence }, index) => {
    const found = ranked[index] ?? []
    const ids = found.map(({ key }) => key)
    return { category, found, scores: DEPTHS.map((depth) => recallAt(depth, ids, evidence)) }
  })

/** The scores of each question to a conversation by each ranking. */
export const measure = (conversation: Conversation, engine: ReturnType<typeof layer>) =>
  Effect.gen(function* () {
    const texts = conversation.turns.map((turn) => ({ id: turn.id, text: `${turn.speaker}: ${said(turn)}` }))
    const plain = yield* rankings(
      texts,
      conversation.questions.map(({ question }) => question),
      25
    )
    const { clock, set } = ReplayClock.make()
    for (const first of conversation.turns.slice(0, 1)) set(timeOf(first))
    const { hybrid, words } = yield* ours(conversation, set).pipe(Effect.provide(engine), Effect.withClock(clock))
    return {
      plain: scores(
        conversation,
        plain.map((ids) => ids.map((key) => ({ key, score: 0 })))
      ),
      words: scores(conversation, words),
      hybrid: scores(conversation, hybrid)
    }
  })
