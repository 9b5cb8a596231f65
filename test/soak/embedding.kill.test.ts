/** A process that is killed while it embeds leaves texts without a vector; the next start embeds these, and no others. */
import * as SqlClient from "@effect/sql/SqlClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { JobHandlers } from "../../src/engine/jobs/JobHandlers.js"
import { JobRunner } from "../../src/engine/jobs/JobRunner.js"
import { Embedder } from "../../src/engine/ports/Embedder.js"
import { Ids } from "../../src/engine/ports/Ids.js"
import * as Registry from "../../src/engine/storage/libsql/Registry.js"
import { JobQueue } from "../../src/engine/usecases/JobQueue.js"
import { TEXTS } from "../../src/engine/usecases/recall/Paraphrases.js"
import * as EngineStorage from "../../src/layers/EngineStorage.js"
import { start } from "./support/child.js"
import { faultsOf, temporaryFile } from "./support/database.js"
import { embedding } from "./support/vectorOf.js"

/** How many requests to the embedder there are before each kill, of which it answers four, and how many docs are written. */
const ROUNDS = process.env["SOAK"] === undefined ? [5] : Array.from({ length: 20 }, (_, round) => 1 + ((round * 3) % 8))
const DOCS = process.env["SOAK"] === undefined ? 40 : 400

/** The texts of each kind with and without a vector, and vectors of no text. */
const countsOf = (filename: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const [counts] = yield* sql<Readonly<Record<string, number>>>`SELECT
      (SELECT count(*) FROM passages) AS passages,
      (SELECT count(*) FROM passages JOIN vectors USING (developer_id, doc_id, position)) AS embeddedPassages,
      (SELECT count(*) FROM vectors) AS passageVectors,
      (SELECT count(*) FROM entries WHERE turn IS NOT NULL) AS turns,
      (SELECT count(*) FROM entries JOIN turn_vectors USING (turn) WHERE vector IS NOT NULL) AS embeddedTurns,
      (SELECT count(*) FROM turn_vectors) AS turnVectors,
      (SELECT count(*) FROM memories) AS memories,
      (SELECT count(*) FROM memories JOIN memory_vectors ON memory = seq WHERE vector IS NOT NULL) AS embeddedMemories,
      (SELECT count(*) FROM memory_vectors) AS memoryVectors,
      (SELECT count(*) FROM jobs WHERE state <> 'succeeded') AS jobs`
    return counts ?? {}
  }).pipe(Effect.provide(Registry.layer({ filename })))

/** Runs the jobs that embed to their end; returns the texts that were embedded. */
const finish = (file: string) =>
  Effect.gen(function* () {
    const texts: Array<string> = []
    const embed: Embedder.Service["embed"] = (asked) => {
      texts.push(...asked.filter((text) => !TEXTS.includes(text)))
      return embedding.embed(asked)
    }
    const embedder = Layer.succeed(Embedder, Option.some({ ...embedding, embed }))
    yield* Effect.flatMap(JobRunner, ({ finish }) => finish).pipe(
      Effect.provide(
        JobRunner.layerWith({ embeds: true, waits: false }).pipe(
          Layer.provide(Layer.provide(JobHandlers.layerIndexing, embedder)),
          Layer.provide(JobQueue.layer),
          Layer.provide(Layer.mergeAll(EngineStorage.choose({ file }), Ids.layer))
        )
      )
    )
    return texts
  })

const startOn = (file: string) => start("embedder", file, `${DOCS}`)

describe("kill -9 in the midst of embedding", () => {
  it.scopedLive(
    "docs, turns and memories all have their vectors after the next start, and none is embedded twice",
    () =>
      Effect.gen(function* () {
        const file = yield* temporaryFile
        for (const requests of ROUNDS) {
          yield* Effect.scoped(
            Effect.gen(function* () {
              const child = yield* startOn(file)
              yield* Stream.runDrain(Stream.take(child.lines, requests))
              yield* child.end("SIGKILL")
            })
          )
          expect(yield* faultsOf(file)).toEqual([])
          const { embeddedPassages = 0, passages = 0 } = yield* countsOf(file)
          expect(embeddedPassages).toBeLessThan(passages)
        }
        // A signal ends it soon, though hundreds of jobs wait.
        const beforeStart = performance.now()
        const child = yield* startOn(file)
        yield* Stream.runDrain(Stream.takeUntil(child.lines, (line) => line === "written"))
        // 2 s, or more on a machine that is too busy to start the process in that time.
        const limit = Math.max(2000, performance.now() - beforeStart)
        const from = performance.now()
        yield* child.end("SIGTERM")
        expect(performance.now() - from).toBeLessThan(limit)

        const before = yield* countsOf(file)
        const texts = yield* finish(file)
        const { jobs, memories, passages, turns, ...after } = yield* countsOf(file)
        expect(jobs).toBe(0)
        expect(memories).toBeGreaterThan(0)
        expect(after).toEqual({
          embeddedMemories: memories,
          embeddedPassages: passages,
          embeddedTurns: turns,
          memoryVectors: memories,
          passageVectors: passages,
          turnVectors: turns
        })
        const sum = ({ embeddedMemories = 0, embeddedPassages = 0, embeddedTurns = 0 }: typeof before) =>
          embeddedMemories + embeddedPassages + embeddedTurns
        expect(texts).toHaveLength(sum(after) - sum(before))
        expect(yield* faultsOf(file)).toEqual([])
      }),
    600_000
  )
})
