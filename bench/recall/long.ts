/** Recall of long docs: the sessions of LoCoMo as docs of many passages, and which passages contain the evidence. */
import * as Effect from "effect/Effect"
import { passagesOf } from "../../src/engine/text/Passages.js"
import { Julep } from "../../src/index.js"
import { type Conversation, said } from "./data.js"
import { searching } from "./engine.js"
import { mean } from "./measures.js"
import { rankings } from "./plain.js"

/** The numbers of passages at which recall is measured. */
export const DEPTHS = [3, 6, 10]

const line = (turn: Conversation["turns"][number]) => `${turn.speaker}: ${said(turn)}`

/** The part of the evidence in the first passages, at each depth. */
const shares = (passages: ReadonlyArray<string>, evidence: ReadonlyArray<string>) =>
  DEPTHS.map((depth) => {
    const first = passages.slice(0, depth)
    return (
      evidence.filter((text) => first.some((passage) => passage.includes(text))).length / Math.max(1, evidence.length)
    )
  })

const means = (all: ReadonlyArray<ReadonlyArray<number>>) =>
  DEPTHS.map((_, column) => mean(all.map((row) => row[column] ?? 0)))

/** The mean part of the evidence that each ranking finds, at each depth. */
export const measure = (conversations: ReadonlyArray<Conversation>) =>
  Effect.gen(function* () {
    const julep = yield* Julep
    const ours: Array<ReadonlyArray<number>> = []
    const plain: Array<ReadonlyArray<number>> = []
    for (const { questions, turns } of conversations) {
      const agent = yield* julep.agents.create({ name: "Librarian" })
      const session = yield* julep.sessions.create({ agent_id: agent.id })
      const numbers = [...new Set(turns.map(({ session }) => session))]
      const contents = numbers.map((number) =>
        turns
          .filter((turn) => turn.session === number)
          .map(line)
          .join("\n\n")
      )
      for (const [index, content] of contents.entries()) {
        yield* julep.docs.create({ agent_id: agent.id, doc: { title: `Session ${numbers[index]}`, content } })
      }
      const search = yield* searching(session.id)
      const texts = new Map(turns.map((turn) => [turn.id, line(turn)]))
      const evidenceOf = (ids: ReadonlyArray<string>) => ids.flatMap((id) => texts.get(id) ?? [])
      const pool = contents
        .flatMap((content) => [...passagesOf(content)])
        .map((text, index) => ({ id: `${index}`, text }))
      const ranked = yield* rankings(
        pool,
        questions.map(({ question }) => question),
        10
      )
      for (const [index, { evidence, question }] of questions.entries()) {
        const found = yield* search.passages(question, 10)
        ours.push(
          shares(
            found.map(({ text }) => text),
            evidenceOf(evidence)
          )
        )
        plain.push(
          shares(
            (ranked[index] ?? []).map((id) => pool[Number(id)]?.text ?? ""),
            evidenceOf(evidence)
          )
        )
      }
    }
    return { ours: means(ours), plain: means(plain) }
  })
