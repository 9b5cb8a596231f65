/** The use cases of docs, which answer the calls of the manager in `services/Docs.ts`. */
import * as Brand from "effect/Brand"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { FilteredCursorPage } from "../../../schema/api/Query.js"
import type { CreateDoc, Doc, DocId } from "../../../schema/Doc.js"
import { Ids } from "../../ports/Ids.js"
import { type DocRow, type Owner, Storage } from "../../ports/Storage.js"
import { notFound, orNotFound, orNotFoundUnder } from "../Failure.js"
import { JobQueue } from "../JobQueue.js"
import { firstPassages, makeRoom, pauseBefore, type Room } from "../recall/DocIndex.js"
import { checkMetadata } from "./Metadata.js"
import { listed, listOf } from "./Paging.js"
import { created, deleted } from "./Receipts.js"

export type { Owner } from "../../ports/Storage.js"

const docId = Brand.nominal<DocId>()

const toDoc = (row: DocRow): Required<Doc> => ({
  id: docId(row.id),
  title: row.title,
  content: row.content,
  metadata: row.metadata,
  created_at: new Date(row.created_at)
})

/** The docs of agents and users. */
export const make = Effect.gen(function* () {
  const storage = yield* Storage
  const ids = yield* Ids
  const queue = yield* JobQueue

  const exists = (developer: string, { id, kind }: Owner) =>
    kind === "agent" ? storage.agents.exists(developer, id) : storage.users.exists(developer, id)

  const ownerExists = (developer: string, owner: Owner) => orNotFound(owner.kind, owner.id)(exists(developer, owner))

  /** Writes a doc, as much of its index as there is room for, and its job, in the caller's transaction. */
  const insert = Effect.fnUntraced(function* (developer: string, owner: Owner, doc: CreateDoc, at: number, room: Room) {
    const id = yield* ids.next
    const row: DocRow = {
      id,
      owner,
      title: doc.title,
      content: doc.content,
      metadata: { ...doc.metadata },
      created_at: at
    }
    const { complete, first } = firstPassages(doc.content, room)
    yield* storage.docs.insert(developer, row, first)
    const payload = complete ? { doc_id: id } : { doc_id: id, incomplete: true }
    const job = yield* queue.add(developer, { name: "index_doc", payload })
    return { id: docId(id), job }
  })

  /** Writes docs of a new owner in the caller's transaction, and returns their jobs. */
  const insertAll = (developer: string, owner: Owner, docs: ReadonlyArray<CreateDoc>, at: number) => {
    const room = makeRoom()
    return Effect.forEach(docs, (doc, index) =>
      checkMetadata(doc.metadata, `docs[${index}].metadata`).pipe(
        Effect.zipRight(insert(developer, owner, doc, at, room)),
        Effect.map(({ job }) => job)
      )
    )
  }

  return {
    insertAll,
    create: (developer: string, owner: Owner, doc: CreateDoc) =>
      Effect.gen(function* () {
        yield* checkMetadata(doc.metadata)
        yield* ownerExists(developer, owner)
        const at = yield* Clock.currentTimeMillis
        const { id, job } = yield* insert(developer, owner, doc, at, makeRoom())
        return created(id, at, [job])
      }).pipe(storage.transaction, (stored) => Effect.zipRight(pauseBefore(doc.content), stored)),
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
        listOf(query).pipe(
          Effect.flatMap((page) => storage.docs.list(developer, owner, page)),
          Effect.map(listed(toDoc))
        )
      ),
    /** A doc of an owner that does not exist is deleted: deleting the owner has deleted it. */
    remove: (developer: string, owner: Owner, id: DocId) =>
      storage.docs
        .remove(developer, owner, id)
        .pipe(orNotFoundUnder(exists(developer, owner), "doc", id), Effect.zipRight(deleted(id)))
  }
})
