/**
 * Moves everything of a store into another one, with ids and times. What the target has already must be of the source: it is
 * that of a move that was interrupted, which goes on.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Ids } from "../../ports/Ids.js"
import {
  type ArchivedKind,
  type JobRow,
  type MovedKind,
  type MovedRows,
  Storage,
  type StorageError
} from "../../ports/Storage.js"
import type { JobQueue } from "../JobQueue.js"
import { exportedOf, kinds, type RowLine } from "./Archive.js"
import * as ImportRows from "./ImportRows.js"
import { COMPARED, checkCounts, checkKeys, checkTarget, type MoveRefused } from "./MoveChecks.js"
import { pagesOf } from "./Pages.js"
import * as Tally from "./Tally.js"

export interface Options {
  /** The developer whose rows are moved. Default: all of them. */
  readonly developer?: string | undefined
  /** Is run with the number of rows that are done, and of all rows. */
  readonly onProgress?: (done: number, total: number) => Effect.Effect<void>
}

/** What a move did. */
export interface Report extends Tally.Tally {
  readonly suggestions: number
  readonly jobs: number
  readonly keys: number
  /** Whether the source has vectors: jobs make those of the target. */
  readonly embeds: boolean
}

export type Move = (options?: Options) => Effect.Effect<Report, MoveRefused | StorageError>

/** The jobs that are made for the rows themselves, when they are written. */
const MADE: ReadonlySet<string> = new Set(["index_doc", "embed_messages", "embed_memories"])

const isFinished = ({ state }: JobRow): boolean => state === "succeeded" || state === "aborted" || state === "failed"

/** The keys of a developer, or of all, the oldest first. */
const keysOf = ({ keys }: Storage.Service, developer: string | undefined) =>
  Effect.map(keys.list, (all) =>
    all.filter(({ developer_id }) => developer === undefined || developer_id === developer).toReversed()
  )

/** The move from a store into that of the context. */
export const make = (source: Storage.Service): Effect.Effect<Move, never, Storage | Ids | JobQueue> =>
  Effect.gen(function* () {
    const target = yield* Storage
    const importRows = yield* ImportRows.make

    /** The rows of a kind that an export has, as they are written. */
    const importAll = (kind: ArchivedKind, developer_id: string, rows: ReadonlyArray<MovedRows[ArchivedKind]>) => {
      // Each row is one of this kind.
      const lines = rows.map((row) => ({ kind, developer_id, row: exportedOf(kind, row) }) as RowLine)
      return importRows(Arr.isNonEmptyArray(lines) ? [lines] : [])
    }

    /** Writes the rows that the target does not have, and returns their number. */
    const addMissing = <Kind extends "suggestion" | "job">(
      kind: Kind,
      developer: string,
      rows: ReadonlyArray<MovedRows[Kind]>,
      insert: (row: MovedRows[Kind]) => Effect.Effect<unknown, StorageError>
    ) =>
      Effect.gen(function* () {
        const ids = rows.map(({ id }) => id)
        const known = new Set((yield* target.archive.find(kind, developer, ids)).map(({ id }) => id))
        const missing = rows.filter(({ id }) => !known.has(id))
        yield* target.transaction(Effect.forEach(missing, insert, { discard: true }))
        return missing.length
      })

    const addSuggestions = (developer: string, rows: ReadonlyArray<MovedRows["suggestion"]>) =>
      addMissing("suggestion", developer, rows, (row) =>
        target.suggestions.add(developer, row, [row], Number.MAX_SAFE_INTEGER)
      )

    const addJobs = (developer: string, rows: ReadonlyArray<JobRow>) => {
      const moved = rows.filter((row) => isFinished(row) || !MADE.has(row.name))
      return addMissing("job", developer, moved, (row) =>
        target.jobs.insert(developer, row.state === "in_progress" ? { ...row, state: "pending" } : row)
      )
    }

    return ({ developer, onProgress = () => Effect.void } = {}) =>
      Effect.gen(function* () {
        const developers = developer === undefined ? yield* source.archive.developers : [developer]
        const inTarget = developer === undefined ? yield* target.archive.developers : []
        for (const of of new Set([...developers, ...inTarget])) yield* checkTarget(source, target, of)
        const keys = yield* keysOf(source, developer)
        const known = yield* keysOf(target, developer)
        yield* checkKeys(keys, known)

        const through = new Map<MovedKind, number>()
        let total = keys.length
        for (const kind of [...COMPARED, "job"] as const) {
          through.set(kind, yield* source.archive.last(kind))
          for (const of of developers) total += yield* source.archive.count(kind, of)
        }
        const tally = Tally.make()
        let [suggestions, jobs, done, embeds] = [0, 0, 0, false]
        const progress = (rows: number) =>
          Effect.suspend(() => {
            done += rows
            return onProgress(done, total)
          })
        /** Runs an effect with each page of the rows of a kind. */
        const move = <Kind extends MovedKind>(
          kind: Kind,
          of: string,
          write: (rows: ReadonlyArray<MovedRows[Kind]>) => Effect.Effect<void, StorageError>
        ) =>
          Stream.runForEach(pagesOf(source, kind, of, through.get(kind) ?? 0), (rows) =>
            rows.length === 0 ? Effect.void : Effect.zipRight(write(rows), progress(rows.length))
          )
        for (const of of developers) {
          for (const kind of kinds) {
            yield* move(kind, of, (rows) =>
              Effect.map(importAll(kind, of, rows), (outcomes) => {
                for (const [line, outcome] of outcomes) tally.note(line, outcome)
              })
            )
          }
          yield* move("suggestion", of, (rows) =>
            Effect.map(addSuggestions(of, rows), (count) => {
              suggestions += count
            })
          )
          yield* move("job", of, (rows) =>
            Effect.map(addJobs(of, rows), (count) => {
              jobs += count
            })
          )
          embeds ||= Option.isSome(yield* source.vectors.space(of))
        }
        // Last, so that no server answers with half of a store.
        const hashes = new Set(known.map(({ hash }) => hash))
        const newKeys = keys.filter(({ hash }) => !hashes.has(hash))
        yield* Effect.forEach(newKeys, target.keys.insert, { discard: true })
        yield* progress(keys.length)

        const result = tally.result()
        // What was left out is reported row by row.
        if (result.skipped === 0) for (const of of developers) yield* checkCounts(source, target, of)
        return { ...result, suggestions, jobs, keys: newKeys.length, embeds }
      })
  })
