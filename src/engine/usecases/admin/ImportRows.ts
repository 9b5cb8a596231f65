/** Fits rows of another store into this one, which may have some of them already. */
import type * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Ids } from "../../ports/Ids.js"
import { Storage, type StorageError } from "../../ports/Storage.js"
import { shortHash } from "../../text/ShortHash.js"
import { JobQueue, type Work } from "../JobQueue.js"
import { firstPassages, type IndexingBudget, makeIndexingBudget } from "../recall/DocIndex.js"
import * as EmbedJobs from "../recall/EmbedJobs.js"
import { isSame } from "../resources/Metadata.js"
import { type Exported, exportedOf, type RowLine } from "./Archive.js"
import type { Outcome } from "./Tally.js"

const DIFFERS = "the store has another version of it"

/** What says that a row is the same: a memory that was recalled since still is. */
const compared = (row: object): object => ("last_accessed_at" in row ? { ...row, last_accessed_at: null } : row)

/** Whether a row of a store is the same as another one of its id. */
export const isSameRow = (one: object, other: object): boolean => isSame(compared(one), compared(other))

/** The job that embeds a row, if it is not a doc, whose job does more. */
const embeddingOf = ({ kind, row }: RowLine): Work | undefined => {
  if (kind === "entry") return EmbedJobs.ofSession(row.session_id)
  return kind === "memory" ? EmbedJobs.ofMemories(row.agent_id, row.user_id) : undefined
}

/** Rows of one kind and one developer. */
export type Group = Arr.NonEmptyReadonlyArray<RowLine>

/** What the rows of a transaction share. */
interface Transaction {
  /** What is left of the passages that it writes. */
  readonly room: IndexingBudget
  /** The ids of those that rows belong to, and that are there. */
  readonly parents: Set<string>
}

/** Fits groups into the store in one transaction, and says what became of each row. `developer`: whose they become. */
export type ImportRows = (
  groups: ReadonlyArray<Group>,
  developer?: string
) => Effect.Effect<ReadonlyArray<readonly [RowLine, Outcome]>, StorageError>

export const make: Effect.Effect<ImportRows, never, Storage | Ids | JobQueue> = Effect.gen(function* () {
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

  const insertDoc = (developer: string, row: Exported["doc"], room: IndexingBudget) =>
    Effect.gen(function* () {
      const { complete, first } = firstPassages(row.content, room)
      yield* storage.docs.insert(developer, row, first)
      const payload = complete ? { doc_id: row.id } : { doc_id: row.id, incomplete: true }
      yield* queue.add(developer, { name: "index_doc", payload })
    })

  const insert = (
    developer: string,
    { kind, row }: RowLine,
    room: IndexingBudget
  ): Effect.Effect<unknown, StorageError> => {
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
  const importRow = (
    developer: string,
    line: RowLine,
    known: RowLine["row"] | undefined,
    { parents, room }: Transaction
  ) =>
    Effect.gen(function* (): Effect.fn.Return<Outcome, StorageError> {
      if (known !== undefined) return isSameRow(known, line.row) ? "unchanged" : { reason: DIFFERS }
      for (const [kind, id] of parentsOf(line)) {
        const exists = parents.has(id) || (yield* owners[kind](developer, id))
        if (!exists) return { reason: `the store has no ${kind} ${id}` }
        parents.add(id)
      }
      const other = yield* inPlaceOf(developer, line)
      if (other !== undefined) return { reason: `the store has ${line.kind} ${other} in its place` }
      yield* insert(developer, line, room)
      return "written"
    })

  const importGroup = (lines: Group, developer: string, transaction: Transaction) =>
    Effect.gen(function* () {
      const outcomes: Array<readonly [RowLine, Outcome]> = []
      const { kind } = lines[0]
      const found = yield* storage.archive.find(
        kind,
        developer,
        lines.map(({ row }) => row.id)
      )
      const known = new Map(found.map((row) => [row.id, exportedOf(kind, row)]))
      const works = new Map<string, Work>()
      for (const line of lines) {
        const outcome = yield* importRow(developer, line, known.get(line.row.id), transaction)
        outcomes.push([line, outcome])
        const work = outcome === "written" ? embeddingOf(line) : undefined
        if (work !== undefined) works.set(JSON.stringify(work.payload), work)
        // A line may stand twice.
        if (!known.has(line.row.id)) known.set(line.row.id, line.row)
      }
      // Also without an embedder: the engine that opens the store next may have one.
      yield* Effect.forEach(works.values(), (work) => queue.add(developer, work), { discard: true })
      return outcomes
    })

  return (groups, developer) =>
    // A transaction may run again.
    Effect.suspend(() => {
      const transaction: Transaction = { room: makeIndexingBudget(), parents: new Set() }
      return Effect.forEach(groups, (group) => importGroup(group, developer ?? group[0].developer_id, transaction))
    }).pipe(
      storage.transaction,
      Effect.map((outcomes) => outcomes.flat())
    )
})
