/**
 * `npm run bench:recall`: how well recall finds what it should in each collection that is present, beside plain BM25 in the
 * same run, and whether it meets its goals. `-- docs`, `-- long`, `-- turns` and `-- speed` run one part, and other words
 * choose collections and conversations by their names, as in `-- docs cranfield`. The variables of the engine name an
 * embedder, as in `DOCS_EMBEDDING_SERVICE_URL=http://localhost:8080/v1`, and RECALL_DATA names folders of more collections.
 *
 * All of it runs on libSQL, with `-- postgres` on PostgreSQL, and with `-- stores` on both, which must find the same.
 * `BENCH_POSTGRES` is the URL of a server, which databases are created in and dropped; without it, one is started, which has
 * no pgvector. `SNIPPETS` and `MESSAGES` are the sizes of `-- speed`.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { CATEGORIES, CHOSEN_ON, collectionIn, collections, conversations, starred } from "./data.js"
import * as Docs from "./docs.js"
import { embedder, words } from "./engine.js"
import * as Long from "./long.js"
import { difference, differing, means } from "./measures.js"
import * as OnStores from "./onStores.js"
import { differs, type Goal, goals, row, scores } from "./report.js"
import * as Speed from "./speed.js"
import { databases, files, type Stores } from "./store.js"
import * as Turns from "./turns.js"

/** Recall at 10 of the evidence of conv-26, conv-30 and conv-41 by words, by this benchmark, before version 0.2. */
const BEFORE = 0.725
const GAIN = 0.07

const PARTS = ["docs", "long", "turns", "speed"]
const STORES = ["postgres", "stores"]
const given = process.argv.slice(2)
const names = given.filter((word) => !PARTS.includes(word) && !STORES.includes(word))
const runs = (part: string) => !given.some((word) => PARTS.includes(word)) || given.includes(part)
const isChosen = (name: string) => names.length === 0 || names.includes(name)

type AllStores = Arr.NonEmptyReadonlyArray<Stores>

const chosenStores = Effect.suspend((): Effect.Effect<AllStores, never, Scope.Scope> => {
  if (given.includes("stores")) return Effect.map(databases, (other) => [files, other] as const)
  return given.includes("postgres") ? Effect.map(databases, Arr.of) : Effect.succeed(Arr.of(files))
})

const reached: Array<Goal> = []

/** Prints three rankings, and how one column of each differs from that of the one before. */
const compared = <A extends OnStores.Scored>({ hybrid, plain, words }: OnStores.Rankings<A>, column: number) => {
  const of = (ranking: ReadonlyArray<A>) => ranking.map(({ scores }) => scores)
  const one = (ranking: ReadonlyArray<A>) => ranking.map(({ scores }) => scores[column] ?? 0)
  const above = (other: ReadonlyArray<A>, ranking: ReadonlyArray<A>, what: string) =>
    differs(what, difference(one(ranking), one(other)))
  scores("plain BM25", means(of(plain)))
  scores("words", means(of(words)), above(plain, words, "plain BM25"))
  scores("with the embedder", means(of(hybrid)), above(words, hybrid, "words"))
  const mean = (ranking: ReadonlyArray<A>) => means(one(ranking).map((score) => [score]))[0] ?? 0
  return { plain: mean(plain), words: mean(words), hybrid: mean(hybrid) }
}

const remember = (what: string, { hybrid, plain, words }: ReturnType<typeof compared>) => {
  reached.push({ name: `${what}, words against plain BM25`, value: words, goal: plain })
  reached.push({ name: `${what}, the embedder against words`, value: hybrid, goal: words })
}

/** Prints how what other stores find differs from what the first one does. */
const comparedOn = <A extends OnStores.Scored>(
  what: string,
  [first, ...others]: Arr.NonEmptyReadonlyArray<OnStores.Measured<A>>
) => {
  const found = (ranking: ReadonlyArray<A>) => ranking.map(({ found }) => found)
  for (const { rankings, stores } of others) {
    const compare = (name: string, one: ReadonlyArray<A>, other: ReadonlyArray<A>) => {
      const differ = differing(found(one), found(other))
      const note = `   ${differ.lists} of ${one.length} lists differ; scores differ by ${differ.scores} at most`
      scores(`${name}, ${stores.name}`, means(other.map(({ scores }) => scores)), note)
      return differ.lists
    }
    const value = compare("words", first.rankings.words, rankings.words)
    if (stores.hasVectors) compare("embedder", first.rankings.hybrid, rankings.hybrid)
    const name = `${what}, lists by words that differ on ${stores.name}`
    reached.push({ name, value, goal: 0, below: true, unit: "lists" })
  }
}

const docs = Effect.fnUntraced(function* (all: AllStores) {
  for (const found of collections.filter(({ name }) => isChosen(name))) {
    const collection = collectionIn(found)
    const measures = yield* OnStores.measure(
      all,
      Effect.flatMap((engine) => Effect.provide(Docs.measure(collection), engine))
    )
    const measured = measures[0].rankings
    const size = `${collection.docs.length} docs, ${measured.plain.length} questions`
    row(starred(collection.name), Docs.MEASURES, `   nDCG@10 differs by; ${size}`)
    remember(`${collection.name}, nDCG@10`, compared(measured, 0))
    comparedOn(collection.name, measures)
    if (collection.name !== "cranfield") continue
    // Weights were chosen on its even-numbered questions alone before there were other collections.
    for (const [half, part] of [0, 1].entries()) {
      const of = (ranking: typeof measured.words) =>
        means(ranking.filter(({ id }) => Number(id) % 2 === part).map(({ scores }) => scores))
      scores(`words, ${half === 0 ? "even" : "odd"} ones`, of(measured.words))
    }
  }
})

const depths = (all: ReadonlyArray<number>) => all.map((depth) => `@${depth}`)

const chosenConversations = () =>
  conversations()
    .map((all) => all.filter(({ id }) => isChosen(id) || isChosen("locomo")))
    .filter(({ length }) => length > 0)

const turns = Effect.fnUntraced(function* (stores: AllStores) {
  for (const all of chosenConversations()) {
    const measures = yield* OnStores.measure(stores, (engine) =>
      Effect.map(
        Effect.forEach(all, (conversation) =>
          Effect.scoped(Effect.flatMap(engine, (engine) => Turns.measure(conversation, engine)))
        ),
        OnStores.together
      )
    )
    const measured = measures[0].rankings
    const who = all.map(({ id }) => starred(id)).join(", ")
    row("LoCoMo, turns", depths(Turns.DEPTHS), `   recall@10 of the evidence differs by; ${who}`)
    const at10 = compared(measured, Turns.DEPTHS.indexOf(10))
    remember(`LoCoMo (${who}), recall@10`, at10)
    comparedOn(`LoCoMo (${who})`, measures)
    if (all.length === 3 && all.every(({ id }) => CHOSEN_ON.includes(id)))
      reached.push({ name: "LoCoMo's development conversations, recall@10", value: at10.words, goal: BEFORE + GAIN })
    for (const [number, name] of Object.entries(CATEGORIES)) {
      const only = (ranking: typeof measured.words) => ranking.filter(({ category }) => category === Number(number))
      const { length } = only(measured.words)
      if (length === 0) continue
      row(`  ${name}, ${length}`, [])
      compared(
        { plain: only(measured.plain), words: only(measured.words), hybrid: only(measured.hybrid) },
        Turns.DEPTHS.indexOf(10)
      )
    }
  }
})

const long = Effect.fnUntraced(function* (stores: AllStores) {
  for (const all of chosenConversations()) {
    // All conversations are in one store, as docs of an agent each.
    const measures = yield* OnStores.measure(
      stores,
      Effect.flatMap((engine) =>
        Effect.provide(Effect.map(Effect.forEach(all, Long.measure), OnStores.together), engine)
      )
    )
    const measured = measures[0].rankings
    const who = all.map(({ id }) => starred(id)).join(", ")
    row("LoCoMo, sessions as docs", depths(Long.DEPTHS), `   recall@10 of the evidence differs by; ${who}`)
    remember(`LoCoMo's sessions as docs (${who}), recall@10`, compared(measured, Long.DEPTHS.indexOf(10)))
    comparedOn(`LoCoMo's sessions as docs (${who})`, measures)
  }
})

const speed = Effect.fnUntraced(function* (all: AllStores) {
  for (const stores of all) {
    if (!stores.hasVectors) console.log(`Vectors on ${stores.name} are skipped, because the server has no pgvector.`)
    for (const { name, under, with: chosen } of [
      { name: "words", under: stores === files ? 50 : 100, with: undefined },
      ...(stores.hasVectors ? [{ name: "vectors", under: 100, with: words }] : [])
    ]) {
      const { messageBytes, messages, passageBytes, prompt, snippets } = yield* Speed.measure(stores, chosen)
      row(`${stores.name}, ${name}`, ["p50", "p95", "CPU p50", "CPU p95"], `   in ms, of ${Speed.TITLE}`)
      const one = (values: ReadonlyArray<number>) => values.map((value) => value.toFixed(1))
      row("search of snippets", one(snippets))
      row("search of messages", one(messages))
      row("a whole prompt", one(prompt))
      row("bytes on disk", [], `a message ${messageBytes.toFixed(0)}, a passage ${passageBytes.toFixed(0)}`)
      const what = `${stores.name}, a whole prompt, ${name}, p95`
      reached.push({ name: what, value: prompt[1] ?? 0, goal: under, below: true, unit: "ms" })
    }
  }
})

const program = Effect.gen(function* () {
  const { deterministic } = yield* embedder
  console.log(
    deterministic
      ? "The embedder adds up words, all of equal weight: its rows show that a bad embedder costs nothing, not what a trained one gains."
      : "The embedder is the one that the environment names."
  )
  console.log(`*: constants of recall were chosen on ${CHOSEN_ON.join(", ")}, and on no other collection.`)
  if (collections.length === 0) console.log("Docs are skipped, because ../shared/data has no collection.")
  if (conversations().length === 0) console.log("LoCoMo is skipped, because ../shared/data does not contain it.")
  const stores = yield* chosenStores
  for (const [part, run] of Object.entries({ docs, long, turns, speed })) if (runs(part)) yield* run(stores)
  goals(reached)
}).pipe(Effect.scoped)

Effect.runPromise(program).catch((error) => {
  console.error(error)
  process.exitCode = 1
})
