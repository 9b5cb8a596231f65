import * as Brand from "effect/Brand"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { FilteredPage } from "../../../schema/api/Query.js"
import type { CreateDoc, Doc, DocId } from "../../../schema/Doc.js"
import { Ids } from "../../ports/Ids.js"
import { type DocRow, type Owner, Storage } from "../../ports/Storage.js"
import { passagesOfContent } from "../../text/Passages.js"
import { orNotFound } from "../Failure.js"
import { JobQueue } from "../JobQueue.js"
import { listOf } from "./Paging.js"
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

  const owned = (developer: string, owner: Owner) =>
    owner.kind === "agent"
      ? orNotFound("agent", owner.id)(storage.agents.exists(developer, owner.id))
      : orNotFound("user", owner.id)(storage.users.exists(developer, owner.id))

  /** Writes docs with their index rows and queues their jobs, in the caller's transaction. */
  const insert = Effect.fnUntraced(function* (
    developer: string,
    owner: Owner,
    docs: ReadonlyArray<CreateDoc>,
    at: number
  ) {
    return yield* Effect.forEach(docs, (doc) =>
      Effect.gen(function* () {
        const id = yield* ids.next
        const row: DocRow = {
          id,
          owner,
          title: doc.title,
          content: doc.content,
          metadata: doc.metadata ?? {},
          created_at: at
        }
        yield* storage.docs.insert(developer, row, passagesOfContent(doc.content))
        const job = yield* queue.add(developer, { name: "index_doc", payload: { doc_id: id } })
        return { id, job }
      })
    )
  })

  return {
    insert,
    create: (developer: string, owner: Owner, doc: CreateDoc) =>
      Clock.currentTimeMillis.pipe(
        Effect.flatMap((at) =>
          Effect.zipRight(owned(developer, owner), insert(developer, owner, [doc], at)).pipe(
            Effect.map((written) =>
              created(
                docId(written[0]?.id ?? ""),
                at,
                written.map(({ job }) => job)
              )
            )
          )
        ),
        storage.transaction
      ),
    list: (developer: string, owner: Owner, query: FilteredPage) =>
      Effect.zipRight(
        owned(developer, owner),
        Effect.map(storage.docs.list(developer, owner, listOf(query)), (rows) => rows.map(toDoc))
      ),
    remove: (developer: string, owner: Owner, id: DocId) =>
      owned(developer, owner).pipe(
        Effect.zipRight(orNotFound("doc", id)(storage.docs.remove(developer, owner, id))),
        Effect.zipRight(deleted(id))
      )
  }
})
