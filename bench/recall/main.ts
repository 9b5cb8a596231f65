/**
 * `npm run bench:recall`: how well recall finds what it should, beside plain BM25 in the same run. `-- docs`, `-- long`,
 * `-- turns` and `-- speed` run one part.
 */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as Effect from "effect/Effect"
import { cranfield, locomo } from "./data.js"
import * as Docs from "./docs.js"
import { layer, words } from "./engine.js"
import * as Long from "./long.js"
import * as Speed from "./speed.js"
import * as Turns from "./turns.js"

const row = (name: string, values: ReadonlyArray<string>) =>
  console.log(`  ${name.padEnd(22)}${values.map((value) => value.padStart(10)).join("")}`)
const numbers = (values: ReadonlyArray<number>) => values.map((value) => value.toFixed(3))

/** An engine on a new file, deleted with the scope. */
const onFile = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "effect-julep-recall-"))),
    (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true }))
  ),
  (folder) => (embedder?: Parameters<typeof layer>[1]) => layer(path.join(folder, "julep.db"), embedder)
)

const absent = (what: string) => console.log(`${what}: skipped, because ../shared/data does not contain it`)

const docs = Effect.gen(function* () {
  const collection = cranfield()
  if (collection === undefined) return absent("Cranfield")
  const engine = yield* onFile
  const { hybrid, plain, words: byWords } = yield* Effect.provide(Docs.measure(collection), engine(words))
  console.log(`Cranfield, nDCG@10 of ${collection.queries.length} questions to ${collection.docs.length} docs`)
  row("", ["all", "even", "odd"])
  row("plain BM25", numbers(plain))
  row("the engine", numbers(byWords))
  row("with an embedder", numbers(hybrid))
  console.log("  the embedder knows words alone: its row shows that fusion loses nothing")
  console.log("  the engine's weights were chosen on the even-numbered questions; target: 0.568")
})

const turns = Effect.gen(function* () {
  const conversations = locomo()
  if (conversations.length === 0) return absent("LoCoMo")
  const engine = yield* onFile
  const { ours, plain } = yield* Effect.provide(Turns.measure(conversations), engine())
  const questions = conversations.reduce((sum, conversation) => sum + conversation.questions.length, 0)
  console.log(`LoCoMo, recall of the evidence of ${questions} questions to ${conversations.length} conversations`)
  row(
    "",
    Turns.DEPTHS.map((depth) => `@${depth}`)
  )
  row("plain BM25", numbers(plain))
  row("the engine", numbers(ours))
  console.log("  target at 10: 0.663")
})

const long = Effect.gen(function* () {
  const conversations = locomo()
  if (conversations.length === 0) return absent("LoCoMo")
  const engine = yield* onFile
  const { ours, plain } = yield* Effect.provide(Long.measure(conversations), engine())
  console.log("LoCoMo's sessions as long docs, the part of the evidence in the first snippets")
  row(
    "",
    Long.DEPTHS.map((depth) => `@${depth}`)
  )
  row("plain BM25", numbers(plain))
  row("the engine", numbers(ours))
})

const SNIPPETS = 10_000
const MESSAGES = 100_000

const speed = Effect.gen(function* () {
  const engine = yield* onFile
  const { hybrid, passages, session, turns } = yield* Effect.provide(Speed.measure(SNIPPETS, MESSAGES), engine(words))
  const prompts = yield* Effect.provide(Speed.prompts(session), engine())
  const milliseconds = (values: ReadonlyArray<number>) => values.map((value) => `${value.toFixed(1)} ms`)
  console.log(`Time of a search on a file with ${SNIPPETS} snippets and ${MESSAGES} messages of one session`)
  row("", ["p50", "p95", "CPU p50", "CPU p95"])
  row("snippets", milliseconds(passages))
  row("snippets, 768 numbers", milliseconds(hybrid))
  row("messages", milliseconds(turns))
  row("a whole prompt", milliseconds(prompts))
  console.log("  target, p95: 100 ms for snippets, 50 ms for a whole prompt without an embedder")
})

const parts = { docs, long, turns, speed }
const isPart = (name: string): name is keyof typeof parts => Object.hasOwn(parts, name)
const named = process.argv.slice(2).filter(isPart)
const chosen = named.length === 0 ? Object.values(parts) : named.map((name) => parts[name])

const program = Effect.all(chosen, { discard: true }).pipe(Effect.scoped)

Effect.runPromise(program).catch((error) => {
  console.error(error)
  process.exitCode = 1
})
