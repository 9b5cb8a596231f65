/** Files as docs of an agent or a user, kept up to date by their paths. */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { SyncDoc } from "../../schema/Doc.js"
import type { JobId } from "../../schema/Job.js"
import type { Docs } from "../../services/Docs.js"
import type { Julep } from "../../services/Julep.js"
import { type Failure, sentenceOf } from "../exitCodes.js"
import type { Stdio } from "../output.js"
import * as Progress from "../progress.js"
import { sanitizeForTerminal } from "../table.js"
import { type DocFile, find, type OmittedFile } from "./find.js"
import { readDoc } from "./read.js"

/** What became of each file, by its key, or by its path if it has no doc. */
export interface Added {
  readonly created: ReadonlyArray<string>
  readonly updated: ReadonlyArray<string>
  readonly unchanged: ReadonlyArray<string>
  readonly deleted: ReadonlyArray<string>
  readonly skipped: ReadonlyArray<OmittedFile>
  readonly failed: ReadonlyArray<OmittedFile>
}

/** How many docs are synced at once: so often is there progress to show. */
const GROUP = 20

type Synced = Omit<Added, "skipped"> & { readonly jobs: ReadonlyArray<JobId> }

const nothing: Synced = { created: [], updated: [], unchanged: [], deleted: [], failed: [], jobs: [] }

/** Whether an error is about what was sent, rather than about the connection or the owner. */
const isOfDoc = ({ _tag }: Failure) => ["InvalidRequest", "BadRequest", "UnprocessableRequest"].includes(_tag)

const joined = (all: ReadonlyArray<Synced>): Synced => ({
  created: all.flatMap(({ created }) => created),
  updated: all.flatMap(({ updated }) => updated),
  unchanged: all.flatMap(({ unchanged }) => unchanged),
  deleted: all.flatMap(({ deleted }) => deleted),
  failed: all.flatMap(({ failed }) => failed),
  jobs: all.flatMap(({ jobs }) => jobs)
})

/** Runs an effect for each item, and shows how many are done. */
const withProgress = <A, B, E>(
  what: string,
  items: ReadonlyArray<A>,
  each: (item: A) => Effect.Effect<B, E>,
  options?: { readonly concurrency: number }
): Effect.Effect<ReadonlyArray<B>, E, Stdio> =>
  Effect.scoped(
    Effect.gen(function* () {
      const show = yield* Progress.make(what)
      let done = 0
      const next = Effect.suspend(() => show(++done, items.length))
      return yield* Effect.forEach(items, (item) => Effect.zipLeft(each(item), next), options)
    })
  )

/** Syncs docs. If one of them is refused, each is sent alone. */
const sync = (
  { docs }: Julep.Service,
  owner: Docs.Owner,
  group: ReadonlyArray<SyncDoc>
): Effect.Effect<Synced, Failure> => {
  const send = (some: ReadonlyArray<SyncDoc>): Effect.Effect<Synced, Failure> =>
    Effect.map(docs.sync(owner, some), (synced) => ({ ...nothing, ...synced }))
  const alone = (doc: SyncDoc) =>
    Effect.catchIf(send([doc]), isOfDoc, (error) =>
      Effect.succeed({ ...nothing, failed: [{ path: doc.key ?? doc.title, reason: sentenceOf(error) }] })
    )
  return Effect.catchIf(send(group), isOfDoc, () => Effect.map(Effect.forEach(group, alone), joined))
}

/** Waits until the docs are indexed, and returns the jobs that failed. */
const indexed = ({ jobs }: Julep.Service, ids: ReadonlyArray<JobId>) =>
  withProgress("Indexing", ids, (id) => jobs.await(id), { concurrency: 8 }).pipe(
    Effect.map((all) =>
      all.flatMap(({ id, reason, state }): ReadonlyArray<OmittedFile> => {
        const why = reason ? `: ${sanitizeForTerminal(reason)}` : ""
        return state === "succeeded" ? [] : [{ path: `job ${id}`, reason: `indexing ${state}${why}` }]
      })
    )
  )

const readAll = (files: ReadonlyArray<DocFile>) =>
  Effect.map(
    // Two threads read PDFs at a time.
    withProgress("Files", files, (file) => Effect.either(readDoc(file)), { concurrency: 2 }),
    (read) => {
      const [omitted, docs] = Arr.separate(
        read.map((one, index) => Either.mapLeft(one, (why) => ({ ...why, path: files[index]?.key ?? "" })))
      )
      const [failed, skipped] = Arr.partition(omitted, ({ isSkipped }) => isSkipped)
      const left = (all: typeof omitted) => all.map(({ path, reason }) => ({ path, reason }))
      return { docs, failed: left(failed), skipped: left(skipped) }
    }
  )

/**
 * Syncs the files of paths, and waits until they are indexed. `prune` deletes the docs of files that are gone, unless a file
 * failed: it might be one of theirs.
 */
export const addDocs = (
  julep: Julep.Service,
  owner: Docs.Owner,
  paths: ReadonlyArray<string>,
  { prune }: { readonly prune: boolean }
): Effect.Effect<Added, Failure, Stdio> =>
  Effect.gen(function* () {
    const found = yield* find(paths)
    const read = yield* readAll(found.files)
    const groups = yield* withProgress("Docs", Arr.chunksOf(read.docs, GROUP), (group) => sync(julep, owner, group))
    const { jobs, ...synced } = joined(groups)
    const failed = [...found.failed, ...read.failed, ...synced.failed]
    const deleted = prune && failed.length === 0 ? (yield* julep.docs.sync(owner, read.docs, { prune })).deleted : []
    const unindexed = yield* indexed(julep, jobs)
    return {
      ...synced,
      deleted,
      skipped: [...found.skipped, ...read.skipped],
      failed: [...failed, ...unindexed]
    }
  })
