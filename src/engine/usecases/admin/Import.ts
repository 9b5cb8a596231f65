/** Writes the rows of an export into a store, which may have some of them already. */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Mutable } from "effect/Types"
import type { BadRequest } from "../../../schema/Errors.js"
import { Ids } from "../../ports/Ids.js"
import { pause } from "../../ports/Pause.js"
import { type ArchivedKind, Storage, type StorageError } from "../../ports/Storage.js"
import { shortHash } from "../../text/ShortHash.js"
import { JobQueue, type Work } from "../JobQueue.js"
import { firstPassages, makeRoom, type Room } from "../recall/DocIndex.js"
import * as EmbedJobs from "../recall/EmbedJobs.js"
import { isSame } from "../resources/Metadata.js"
import { type Counts, type Exported, exportedOf, parseLine, type RowLine } from "./Archive.js"
import { linesOf, type NumberedLine } from "./Lines.js"

/** A row that was not imported: the store has another one in its place, or lacks what it belongs to. */
export interface Skipped {
  readonly kind: ArchivedKind
  readonly id: string
  readonly reason: string
}

/** What an import did. */
export interface Report {
  readonly written: Counts
  /** The rows that the store had already, as they are in the export. */
  readonly unchanged: Counts
  /** How many rows were not imported, and the first thousand of them. */
  readonly skipped: number
  readonly rows: ReadonlyArray<Skipped>
  /** Whether the last line was there: without it, the export was cut off. */
  readonly complete: boolean
}

export interface Options {
  /** Whose the rows become. Default: whose they were. */
  readonly developer?: string | undefined
  /** The number of the first line, for errors, where the lines come in several parts. Default: 1. */
  readonly firstLine?: number | undefined
  /** Is run with the number of lines that are done, from time to time. */
  readonly onProgress?: (lines: number) => Effect.Effect<void>
}

export type Import = <E, R>(
  bytes: Stream.Stream<Uint8Array, E, R>,
  options?: Options
) => Effect.Effect<Report, E | BadRequest | StorageError, R>

/** How many rows that were not imported are reported one by one. */
const REPORTED = 1000

const DIFFERS = "the store has another version of it"

/** What says that a row is the same: a memory that was recalled since still is. */
const compared = (row: RowLine["row"]): object => ("last_accessed_at" in row ? { ...row, last_accessed_at: null } : row)

type Note = (line: RowLine, outcome: Outcome) => void

/** What became of a row. */
type Outcome = "written" | "unchanged" | { readonly reason: string }

/** The job that embeds a row, if it is not a doc, whose job does more. */
const embeddingOf = ({ kind, row }: RowLine): Work | undefined => {
  if (kind === "entry") return EmbedJobs.ofSession(row.session_id)
  return kind === "memory" ? EmbedJobs.ofMemories(row.agent_id, row.user_id) : undefined
}

const isOfOneKind = (one: RowLine, other: RowLine) => one.kind === other.kind && one.developer_id === other.developer_id

export const make: Effect.Effect<Import, never, Storage | Ids | JobQueue> = Effect.gen(function* () {
  const storage = yield* Storage
  const ids = yield* Ids
  const queue = yield* JobQueue

  const owners = {
    agent: storage.agents.exists,
    user: storage.users.exists,
    session: storage.sessions.exists
  }

  /** What a row belongs to, which must be there before it. */
  const parentsOf = ({ kind, row }: RowLine): ReadonlyArray<readonly [keyof typeof owners, string]> => {
    switch (kind) {
      case "agent":
      case "user":
        return []
      case "tool":
        return [["agent", row.agent_id]]
      case "doc":
        return [[row.owner.kind, row.owner.id]]
      case "entry":
        return [["session", row.session_id]]
      case "session":
      case "memory":
        return [["agent", row.agent_id], ...(row.user_id === null ? [] : [["user", row.user_id] as const])]
    }
  }

  /** The row that has the place of one with another id, if there is one. */
  const inPlaceOf = (developer: string, { kind, row }: RowLine): Effect.Effect<string | undefined, StorageError> => {
    const idOf = Effect.map(Option.match({ onNone: () => undefined, onSome: ({ id }: { readonly id: string }) => id }))
    if (kind === "agent" && row.key !== null) return idOf(storage.agents.byKey(developer, row.key))
    if (kind === "doc" && row.key !== null) return idOf(storage.docs.byKey(developer, row.owner, row.key))
    return kind === "memory" ? idOf(storage.memories.same(developer, row)) : Effect.succeed(undefined)
  }

  const insertDoc = (developer: string, row: Exported["doc"], room: Room) =>
    Effect.gen(function* () {
      const { complete, first } = firstPassages(row.content, room)
      yield* storage.docs.insert(developer, row, first)
      const payload = complete ? { doc_id: row.id } : { doc_id: row.id, incomplete: true }
      yield* queue.add(developer, { name: "index_doc", payload })
    })

  const insert = (developer: string, { kind, row }: RowLine, room: Room): Effect.Effect<unknown, StorageError> => {
    switch (kind) {
      case "agent":
        return storage.agents.insert(developer, row)
      case "user":
        return storage.users.insert(developer, row)
      case "tool":
        return storage.tools.insert(developer, row)
      case "doc":
        return insertDoc(developer, row, room)
      case "session":
        return Effect.flatMap(ids.next, (id) =>
          storage.sessions.insert(developer, { ...row, nonce: shortHash(id), history_epoch: 0 })
        )
      case "entry":
        return storage.archive.append(developer, row)
      case "memory":
        return storage.memories.remember(developer, row)
    }
  }

  /** Fits a row into the store, in the caller's transaction. `known` is what the store has under its id. */
  const place = (developer: string, line: RowLine, known: object | undefined, room: Room) =>
    Effect.gen(function* (): Effect.fn.Return<Outcome, StorageError> {
      if (known !== undefined) return isSame(known, compared(line.row)) ? "unchanged" : { reason: DIFFERS }
      for (const [kind, id] of parentsOf(line)) {
        if (!(yield* owners[kind](developer, id))) return { reason: `the store has no ${kind} ${id}` }
      }
      const other = yield* inPlaceOf(developer, line)
      if (other !== undefined) return { reason: `the store has ${line.kind} ${other} in its place` }
      yield* insert(developer, line, room)
      return "written"
    })

  /** Fits lines of one kind and one developer into the store. */
  const placeAll = (lines: Arr.NonEmptyReadonlyArray<RowLine>, developer: string, room: Room, note: Note) =>
    Effect.gen(function* () {
      const { kind } = lines[0]
      const found = yield* storage.archive.find(
        kind,
        developer,
        lines.map(({ row }) => row.id)
      )
      const known = new Map(found.map((row) => [row.id, compared(exportedOf(kind, row))]))
      const works = new Map<string, Work>()
      for (const line of lines) {
        const outcome = yield* place(developer, line, known.get(line.row.id), room)
        note(line, outcome)
        const work = outcome === "written" ? embeddingOf(line) : undefined
        if (work !== undefined) works.set(JSON.stringify(work.payload), work)
        // A line may stand twice.
        if (!known.has(line.row.id)) known.set(line.row.id, compared(line.row))
      }
      // Also without an embedder: the engine that opens the store next may have one.
      yield* Effect.forEach(works.values(), (work) => queue.add(developer, work), { discard: true })
    })

  return (bytes, { developer, firstLine = 1, onProgress = () => Effect.void } = {}) =>
    Effect.suspend(() => {
      const written: Mutable<Counts> = {}
      const unchanged: Mutable<Counts> = {}
      const rows: Array<Skipped> = []
      let skipped = 0
      let complete = false

      const note: Note = ({ kind, row: { id } }, outcome) => {
        if (outcome === "written") written[kind] = (written[kind] ?? 0) + 1
        else if (outcome === "unchanged") unchanged[kind] = (unchanged[kind] ?? 0) + 1
        else if (++skipped <= REPORTED) rows.push({ kind, id, reason: outcome.reason })
      }

      const write = (texts: ReadonlyArray<NumberedLine>) =>
        Effect.gen(function* () {
          const lines: Array<RowLine> = []
          for (const { number, text } of texts) {
            const line = yield* parseLine(text, number)
            complete = line.kind === "end"
            if (line.kind !== "header" && line.kind !== "end") lines.push(line)
          }
          const groups = Arr.isNonEmptyArray(lines) ? Arr.groupWith(lines, isOfOneKind) : []
          const noted = yield* Effect.suspend(() => {
            const noted: Array<Parameters<Note>> = []
            const room = makeRoom()
            const placed = Effect.forEach(
              groups,
              (group) =>
                placeAll(group, developer ?? group[0].developer_id, room, (...outcome) => void noted.push(outcome)),
              { discard: true }
            )
            return Effect.as(placed, noted)
          }).pipe(storage.transaction)
          for (const outcome of noted) note(...outcome)
          yield* pause
          const last = texts.at(-1)
          if (last !== undefined) yield* onProgress(last.number)
        })

      return Effect.map(
        Stream.runForEach(linesOf(bytes, firstLine), write),
        (): Report => ({ written, unchanged, skipped, rows, complete })
      )
    })
})
