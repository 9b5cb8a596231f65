/** Recall of docs, on the Cranfield collection. The weights of Rank.ts were chosen on the even-numbered questions. */
import * as Effect from "effect/Effect"
import { Embedded } from "../../src/embedded.js"
import { Julep } from "../../src/index.js"
import type { Cranfield } from "./data.js"
import { searching } from "./engine.js"
import { mean, ndcg } from "./measures.js"
import { rankings } from "./plain.js"

/** The ids of the ten best docs, each at the rank of its best passage. */
const tenDocs = (passages: ReadonlyArray<{ readonly doc_id: string }>): ReadonlyArray<string> =>
  [...new Set(passages.map(({ doc_id }) => doc_id))].slice(0, 10)

/** The rankings of the engine, over docs created through its API. */
const ours = ({ docs, queries }: Cranfield) =>
  Effect.gen(function* () {
    const julep = yield* Julep
    const agent = yield* julep.agents.create({ name: "Librarian" })
    const session = yield* julep.sessions.create({ agent_id: agent.id })
    const known = new Map<string, string>()
    for (const { body, id, title } of docs) {
      const created = yield* julep.docs.create({ agent_id: agent.id, doc: { title, content: body } })
      known.set(created.id, id)
      yield* Effect.forEach(created.jobs, (job) => julep.jobs.await(job), { discard: true })
    }
    const ranked = Effect.flatMap(searching(session.id), (search) =>
      Effect.forEach(queries, ({ text }) =>
        Effect.map(search.passages(text, 100), (found) => tenDocs(found).map((id) => known.get(id) ?? id))
      )
    )
    return { byWords: yield* Effect.provide(ranked, Embedded.Embedder.none), byBoth: yield* ranked }
  })

/** nDCG@10 over all questions, over the even-numbered ones, and over the odd-numbered ones. */
const scores = ({ qrels, queries }: Cranfield, ranked: ReadonlyArray<ReadonlyArray<string>>) => {
  const grades = new Map<string, Map<string, number>>()
  for (const { doc_id, grade, query_id } of qrels) {
    const of = grades.get(query_id) ?? new Map<string, number>()
    grades.set(query_id, of.set(doc_id, grade))
  }
  const each = queries.map(({ id }, index) => ({
    even: Number(id) % 2 === 0,
    score: ndcg(ranked[index] ?? [], grades.get(id) ?? new Map())
  }))
  const of = (keep: (one: (typeof each)[number]) => boolean) => mean(each.filter(keep).map(({ score }) => score))
  return [of(() => true), of(({ even }) => even), of(({ even }) => !even)]
}

/** The scores of each ranking on a collection. */
export const measure = (collection: Cranfield) =>
  Effect.gen(function* () {
    const texts = collection.docs.map(({ body, id }) => ({ id, text: body }))
    const queries = collection.queries.map(({ text }) => text)
    const { byBoth, byWords } = yield* ours(collection)
    return {
      plain: scores(collection, yield* rankings(texts, queries, 10)),
      words: scores(collection, byWords),
      hybrid: scores(collection, byBoth)
    }
  })
