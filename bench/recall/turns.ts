/** Recall of turns, on conversations of LoCoMo. Each exchange of the two speakers is one chat of the engine. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Julep } from "../../src/index.js"
import type { SessionId } from "../../src/schema/Session.js"
import { type Conversation, said } from "./data.js"
import { next, searching } from "./engine.js"
import { mean, recallAt } from "./measures.js"
import { rankings } from "./plain.js"

/** The numbers of turns at which recall is measured. */
export const DEPTHS = [3, 5, 10, 25]

type Turn = Conversation["turns"][number]

/** A reply without words, where the conversation has none: an empty one is an error. */
const NO_WORDS = "\u2026"

/** Replays turns in a session. The turns of the speaker who plays the agent are replies of the model. */
const converse = Effect.fnUntraced(function* (session: SessionId, turns: ReadonlyArray<Turn>, agent: string) {
  const { sessions } = yield* Julep
  const chat = ([first, ...rest]: ReadonlyArray<Turn>, reply: string) => {
    if (first === undefined) return Effect.void
    const message = (turn: Turn) => ({
      role: turn.speaker === agent ? ("assistant" as const) : ("user" as const),
      name: turn.speaker,
      content: said(turn)
    })
    next.line = reply
    return sessions.chat(session, { messages: [message(first), ...rest.map(message)], recall: false })
  }
  let open: ReadonlyArray<Turn> = []
  for (const turn of turns) {
    if (turn.speaker === agent && open.length > 0) {
      yield* chat(open, said(turn))
      open = []
    } else {
      open = [...open, turn]
    }
  }
  yield* chat(open, NO_WORDS)
})

/** The rankings of the engine. Each session of the conversation is a session of one agent with one user. */
const ours = ({ questions, speakers: [userName, agentName], turns }: Conversation) =>
  Effect.gen(function* () {
    const julep = yield* Julep
    const agent = yield* julep.agents.create({ name: agentName })
    const user = yield* julep.users.create({ name: userName })
    const open = julep.sessions.create({ agent_id: agent.id, user_id: user.id })
    const known = new Map<string, string>()
    for (const number of new Set(turns.map(({ session }) => session))) {
      const session = yield* open
      const own = turns.filter((turn) => turn.session === number)
      yield* converse(session.id, own, agentName)
      const stored = yield* Stream.runCollect(julep.sessions.historyAll(session.id))
      for (const [index, { id }] of [...stored].entries()) known.set(id ?? "", own[index]?.id ?? "")
    }
    const search = yield* searching((yield* open).id)
    return yield* Effect.forEach(questions, ({ question }) =>
      Effect.map(search.turns(question, 25), (found) => found.map(({ entry }) => known.get(entry.id) ?? entry.id))
    )
  })

/** The mean recall of the evidence at each depth. */
const scores = ({ questions }: Conversation, ranked: ReadonlyArray<ReadonlyArray<string>>) =>
  questions.map(({ evidence }, index) => DEPTHS.map((depth) => recallAt(depth, ranked[index] ?? [], evidence)))

const means = (all: ReadonlyArray<ReadonlyArray<number>>): ReadonlyArray<number> =>
  DEPTHS.map((_, column) => mean(all.map((row) => row[column] ?? 0)))

/** The mean recall of each ranking over all questions, at each depth. */
export const measure = (conversations: ReadonlyArray<Conversation>) =>
  Effect.gen(function* () {
    const plain: Array<ReadonlyArray<number>> = []
    const own: Array<ReadonlyArray<number>> = []
    for (const conversation of conversations) {
      const texts = conversation.turns.map((turn) => ({ id: turn.id, text: `${turn.speaker}: ${said(turn)}` }))
      const queries = conversation.questions.map(({ question }) => question)
      plain.push(...scores(conversation, yield* rankings(texts, queries, 25)))
      own.push(...scores(conversation, yield* ours(conversation)))
    }
    return { plain: means(plain), ours: means(own) }
  })
