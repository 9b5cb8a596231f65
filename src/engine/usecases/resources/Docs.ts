/** The use cases of docs, which answer the calls of the manager in `services/Docs.ts`. */
import * as Brand from "effect/Brand"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { FilteredCursorPage } from "../../../schema/api/Query.js"
import type { CreateDoc, Doc, DocId, SearchDocs, SyncDoc, SyncDocs } from "../../../schema/Doc.js"
import { Embedder } from "../../ports/Embedder.js"
import { yieldToEventLoop } from "../../ports/EventLoop.js"
import { Ids } from "../../ports/Ids.js"
import { type DocRow, type Owner, Storage } from "../../ports/Storage.js"
import { notFound, orNotFound, orNotFoundUnder, unprocessable } from "../Failure.js"
import { JobQueue, type Work } from "../JobQueue.js"
import { firstPassages, INDEXED, type IndexingBudget, makeIndexingBudget, pauseBefore } from "../recall/DocIndex.js"
import * as Recall from "../recall/Recall.js"
import { checkSyncDocs, keyOf, storedKey } from "./Limits.js"
import { checkMetadata, isSame, isSameText } from "./Metadata.js"
import { filtered } from "./Paging.js"
import { created, deleted, jobId } from "./Receipts.js"

export type { Owner } from "../../ports/Storage.js"

const docId = Brand.nominal<DocId>()

const toDoc = (row: DocRow): Required<Omit<Doc, "key">> & Pick<Doc, "key"> => ({
  id: docId(row.id),
  ...(row.key === null ? {} : { key: row.key }),
  title: row.title,
  content: row.content,
  metadata: row.metadata,
  created_at: new Date(row.created_at)
})

/** How many keys one transaction reads, to delete the docs of those that are not kept. */
const PRUNED = 100

const wouldDeleteAll = () =>
  unprocessable(
    "prune",
    "docs must not be empty: every doc with a key would be deleted. Set allow_empty (allowEmpty of docs.sync) to allow this."
  )

/** Whether a doc is stored as it is given. */
const isSameDoc = (row: DocRow, { content, metadata = {}, title }: SyncDoc): boolean =>
  isSameText(row.title, title) && isSame(row.content, content) && isSame(row.metadata, metadata)

/** The docs of agents and users. */
export const make = Effect.gen(function* () {
  const storage = yield* Storage
  const ids = yield* Ids
  const queue = yield* JobQueue
  const recall = yield* Recall.search
  const embeds = Option.isSome(yield* Embedder)

  const exists = (developer: string, { id, kind }: Owner) =>
    kind === "agent" ? storage.agents.exists(developer, id) : storage.users.exists(developer, id)

  /** Whether the owner exists, and goes on to in the transaction of the caller. */
  const ownerStays = (developer: string, owner: Owner) => {
    const table = owner.kind === "agent" ? storage.agents : storage.users
    return orNotFound(owner.kind, owner.id)(table.existsForShare(developer, owner.id))
  }

  const ownerExists = (developer: string, owner: Owner) => orNotFound(owner.kind, owner.id)(exists(developer, owner))

  /** Writes a doc, as much of its index as there is room for, and its job, in the caller's transaction. */
  const insert = Effect.fnUntraced(function* (
    developer: string,
    owner: Owner,
    doc: CreateDoc,
    at: number,
    room: IndexingBudget,
    key: string | null = null
  ) {
    const id = yield* ids.next
    const row: DocRow = {
      id,
      owner,
      key,
      title: doc.title,
      content: doc.content,
      metadata: { ...doc.metadata },
      created_at: at
    }
    const { complete, first } = firstPassages(doc.content, room)
    yield* storage.docs.insert(developer, row, first)
    const work: Work = { name: "index_doc", payload: complete ? { doc_id: id } : { doc_id: id, incomplete: true } }
    // Without an embedder, nothing of a short doc is left to do.
    const isDone = complete && !embeds
    const job = isDone ? yield* queue.addDone(developer, work, INDEXED) : yield* queue.add(developer, work)
    return { id: docId(id), job }
  })

  /** Writes docs of a new owner in the caller's transaction, and returns their jobs. */
  const insertAll = (developer: string, owner: Owner, docs: ReadonlyArray<CreateDoc>, at: number) => {
    const room = makeIndexingBudget()
    return Effect.forEach(docs, (doc, index) =>
      checkMetadata(doc.metadata, `docs[${index}].metadata`).pipe(
        Effect.zipRight(insert(developer, owner, doc, at, room)),
        Effect.map(({ job }) => job)
      )
    )
  }

  /** Creates or replaces the doc of a key, or does nothing if it is the same, in the caller's transaction. */
  const write = Effect.fnUntraced(function* (
    developer: string,
    owner: Owner,
    doc: SyncDoc,
    at: number,
    room: IndexingBudget
  ) {
    const key = keyOf(doc)
    const known = Option.getOrUndefined(yield* storage.docs.byKey(developer, owner, key))
    if (known !== undefined && isSameDoc(known, doc)) {
      return { key, id: docId(known.id), outcome: "unchanged" as const, jobs: [] }
    }
    if (known !== undefined) yield* storage.docs.remove(developer, owner, known.id)
    const { id, job } = yield* insert(developer, owner, doc, at, room, key)
    return { key, id, outcome: known === undefined ? ("created" as const) : ("updated" as const), jobs: [jobId(job)] }
  })

  /** The same in a transaction of its own. */
  const writeAlone = (developer: string, owner: Owner, doc: SyncDoc) =>
    ownerStays(developer, owner).pipe(
      Effect.zipRight(Clock.currentTimeMillis),
      Effect.flatMap((at) => write(developer, owner, doc, at, makeIndexingBudget())),
      storage.transaction,
      Effect.tap(({ outcome }) => (outcome === "unchanged" ? Effect.void : yieldToEventLoop))
    )

  /** Deletes the docs with other keys than these, some at a time, between which others run. */
  const prune = (developer: string, owner: Owner, keep: ReadonlySet<string>) =>
    Stream.paginateChunkEffect("", (after) =>
      Effect.map(
        Effect.zipLeft(storage.docs.prune(developer, owner, keep, after, PRUNED), yieldToEventLoop),
        ({ deleted, last }) => [Chunk.unsafeFromArray(deleted), last]
      )
    ).pipe(Stream.runCollect, Effect.map(Chunk.toReadonlyArray))

  return {
    /** The passages that a chat about this text would recall of these docs. */
    search: (developer: string, owner: Owner, { limit = 10, metadata_filter, query }: SearchDocs) =>
      Effect.zipRight(
        ownerExists(developer, owner),
        query.trim() === ""
          ? Effect.succeed([])
          : Effect.map(
              recall.passages(
                developer,
                [owner],
                query,
                limit,
                metadata_filter ? { metadata_filter: { ...metadata_filter } } : {}
              ),
              (passages) =>
                passages.map(({ doc_id, index, score, text, title }) => ({
                  doc_id: docId(doc_id),
                  title,
                  index,
                  content: text,
                  score
                }))
            )
      ),
    insertAll,
    /** Syncs the docs of an agent in the caller's transaction. */
    writeAll: (developer: string, owner: Owner, docs: ReadonlyArray<SyncDoc>, at: number) => {
      const room = makeIndexingBudget()
      return Effect.forEach(docs, (doc) => write(developer, owner, doc, at, room))
    },
    /** Each doc is written in a transaction of its own: others wait for one doc at most, and find its old or new version. */
    sync: Effect.fnUntraced(function* (
      developer: string,
      owner: Owner,
      { allow_empty, docs, keep = [], prune: prunes }: SyncDocs
    ) {
      yield* checkSyncDocs(docs)
      yield* ownerExists(developer, owner)
      const kept = new Set([...keep.map(storedKey), ...docs.map(keyOf)])
      if (prunes === true && docs.length === 0 && allow_empty !== true) {
        const one = yield* Effect.findFirst(kept, (key) =>
          Effect.map(storage.docs.byKey(developer, owner, key), Option.isSome)
        )
        if (Option.isNone(one)) return yield* Effect.fail(wouldDeleteAll())
      }
      const items = yield* Effect.forEach(docs, (doc) => writeAlone(developer, owner, doc))
      return { items, deleted: prunes === true ? yield* prune(developer, owner, kept) : [] }
    }),
    create: Effect.fnUntraced(
      function* (developer: string, owner: Owner, doc: CreateDoc) {
        yield* checkMetadata(doc.metadata)
        yield* ownerStays(developer, owner)
        const at = yield* Clock.currentTimeMillis
        const { id, job } = yield* insert(developer, owner, doc, at, makeIndexingBudget())
        return created(id, at, [job])
      },
      storage.transaction,
      (stored, _developer, _owner, doc) => Effect.zipRight(pauseBefore(doc.content), stored)
    ),
    get: (developer: string, owner: Owner, id: DocId) =>
      Effect.flatMap(
        storage.docs.get(developer, owner, id),
        Option.match({
          onNone: () => Effect.zipRight(ownerExists(developer, owner), Effect.fail(notFound("doc", id))),
          onSome: (row) => Effect.succeed(toDoc(row))
        })
      ),
    list: (developer: string, owner: Owner, query: FilteredCursorPage) =>
      Effect.zipRight(
        ownerExists(developer, owner),
        filtered(`docs of ${owner.id}`, query, toDoc, (page) => storage.docs.list(developer, owner, page))
      ),
    /** A doc of an owner that does not exist is deleted: deleting the owner has deleted it. */
    remove: (developer: string, owner: Owner, id: DocId) =>
      storage.docs
        .remove(developer, owner, id)
        .pipe(orNotFoundUnder(exists(developer, owner), "doc", id), Effect.zipRight(deleted(id)))
  }
})
