/** Recall of long docs: the sessions of LoCoMo as docs of many passages, and which passages contain the evidence. */
import * as Effect from "effect/Effect"
import { passagesOf } from "../../src/engine/text/Passages.js"
import { Julep } from "../../src/index.js"
import { type Conversation, said, type Turn } from "./data.js"
import { byWordsAndBoth, finished, searching } from "./engine.js"
import type { Found } from "./measures.js"
import { rankings } from "./plain.js"

/** The numbers of passages at which recall is measured. */
export const DEPTHS = [3, 6, 10]

const line = (turn: Turn) => `${turn.speaker}: ${said(turn)}`

/** The part of the evidence in the first passages, at each depth. */
const shares = (passages: ReadonlyArray<string>, evidence: ReadonlyArray<string>) =>
  DEPTHS.map((depth) => {
    const first = passages.slice(0, depth)
    const found = evidence.filter((text) => first.some((passage) => passage.includes(text)))
    return found.length / Math.max(1, evidence.length)
  })

/** The scores of each question to a conversation by each ranking. */
export const measure = ({ questions, turns }: Conversation) =>
  Effect.gen(function* () {
    const julep = yield* Julep
    const agent = yield* julep.agents.create({ name: "Librarian" })
    const session = yield* julep.sessions.create({ agent_id: agent.id })
    const numbers = [...new Set(turns.map(({ session }) => session))]
    const contents = numbers.map((number) =>
      turns
        .filter((turn) => turn.session === number)
        .map(line)
        .join("\n\n")
    )
    const docs = yield* Effect.forEach(contents, (content, index) =>
      julep.docs.create({ agent_id: agent.id, doc: { title: `Session ${numbers[index]}`, content } })
    )
    yield* finished(docs.flatMap(({ jobs }) => jobs))
    const pool = contents
      .flatMap((content) => [...passagesOf(content)])
      .map((text, index) => ({ id: `${index}`, text }))
    const asked = questions.map(({ question }) => question)
    const plain = yield* rankings(pool, asked, 10)
    const { hybrid, words } = yield* byWordsAndBoth(
      Effect.flatMap(searching(session.id), (search) =>
        Effect.forEach(asked, (question) =>
          Effect.map(search.passages(question, 10), (found) =>
            found.map(({ score, text }): Found => ({ key: text, score }))
          )
        )
      )
    )
    const texts = new Map(turns.map((turn) => [turn.id, line(turn)]))
    const scores = (ranked: ReadonlyArray<ReadonlyArray<Found>>) =>
      questions.map(({ evidence }, index) => {
        const found = ranked[index] ?? []
        return {
          found,
          scores: shares(
            found.map(({ key }) => key),
            evidence.flatMap((id) => texts.get(id) ?? [])
          )
        }
      })
    return {
      plain: scores(plain.map((ids) => ids.map((id) => ({ key: pool[Number(id)]?.text ?? "", score: 0 })))),
      words: scores(words),
      hybrid: scores(hybrid)
    }
  })
