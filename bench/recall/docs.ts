/** Recall of docs, on a collection of docs, questions and judgements. */
import * as Effect from "effect/Effect"
import { Julep } from "../../src/index.js"
import type { Collection } from "./data.js"
import { byWordsAndBoth, finished, searching } from "./engine.js"
import { type Found, ndcg, recallAt, reciprocalRank } from "./measures.js"
import { rankings, type Text } from "./plain.js"

/** The measures, in the order of the scores. */
export const MEASURES = ["nDCG@10", "recall@10", "MRR"]

/** The best docs for a question, and the passages that they are of. */
interface Ranked {
  readonly docs: ReadonlyArray<string>
  readonly found: ReadonlyArray<Found>
}

/** The doc that a passage is of. */
type OfDoc = { readonly doc_id: string }

/** The ids of the ten best docs, each at the rank of its best passage. Docs whose passages are equal share a rank. */
const tenDocs = (passages: ReadonlyArray<OfDoc & { readonly copies?: ReadonlyArray<OfDoc> }>): ReadonlyArray<string> =>
  [...new Set(passages.flatMap((passage) => [passage, ...(passage.copies ?? [])].map(({ doc_id }) => doc_id)))].slice(
    0,
    10
  )

/** The rankings of the engine, over docs created through its API. */
const ours = ({ docs, queries }: Collection) =>
  Effect.gen(function* () {
    const julep = yield* Julep
    const agent = yield* julep.agents.create({ name: "Librarian" })
    const session = yield* julep.sessions.create({ agent_id: agent.id })
    const known = new Map<string, string>()
    const created = yield* Effect.forEach(docs, ({ body, id, title }) =>
      Effect.tap(julep.docs.create({ agent_id: agent.id, doc: { title, content: body } }), (doc) =>
        Effect.sync(() => known.set(doc.id, id))
      )
    )
    yield* finished(created.flatMap(({ jobs }) => jobs))
    return yield* byWordsAndBoth(
      Effect.flatMap(searching(session.id), (search) =>
        Effect.forEach(queries, ({ text }) =>
          Effect.map(
            search.passages(text, 100),
            (found): Ranked => ({
              docs: tenDocs(found).map((id) => known.get(id) ?? id),
              found: found.map(({ doc_id, index, score }) => ({ key: `${known.get(doc_id)} ${index}`, score }))
            })
          )
        )
      )
    )
  })

/** What the baseline reads of a doc: title and body, and the title once where the body begins with it. */
const textOf = ({ body, id, title }: Collection["docs"][number]): Text => ({
  id,
  text: body.startsWith(title) ? body : `${title}\n${body}`
})

/** The scores of each question that has a judgement. */
const scores = ({ qrels, queries }: Collection, ranked: ReadonlyArray<Ranked>) => {
  const grades = new Map<string, Map<string, number>>()
  for (const { doc_id, grade, query_id } of qrels) {
    if (grade <= 0) continue
    const of = grades.get(query_id) ?? new Map<string, number>()
    grades.set(query_id, of.set(doc_id, grade))
  }
  return queries.flatMap(({ id }, index) => {
    const of = grades.get(id)
    const { docs, found } = ranked[index] ?? { docs: [], found: [] }
    if (of === undefined) return []
    const wanted = [...of.keys()]
    return [{ id, found, scores: [ndcg(docs, of), recallAt(10, docs, wanted), reciprocalRank(docs, wanted)] }]
  })
}

/** The scores of each question by each ranking of a collection. */
export const measure = (collection: Collection) =>
  Effect.gen(function* () {
    const questions = collection.queries.map(({ text }) => text)
    const plain = yield* rankings(collection.docs.map(textOf), questions, 10)
    const { hybrid, words } = yield* ours(collection)
    return {
      plain: scores(
        collection,
        plain.map((docs) => ({ docs, found: [] }))
      ),
      words: scores(collection, words),
      hybrid: scores(collection, hybrid)
    }
  })
