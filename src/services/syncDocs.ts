/** How `docs.sync` sends many docs: in requests of a bounded size. */
import * as Effect from "effect/Effect"
import { type DocsSynced, MAX_KEPT, type SyncDoc, SyncDocs, syncKeyOf } from "../schema/Doc.js"
import { type InvalidRequest, notSent } from "../schema/Errors.js"
import type { JobId } from "../schema/Job.js"
import { type OptionNames, unknownOption } from "../schema/names.js"
import { check, invalid } from "./ApiClient.js"
import { CurrentRequestOptions } from "./RequestOptions.js"

/** How many docs, and how many characters of their contents, a request has at most. A doc with more is sent alone. */
const MAX_DOCS = 100
const MAX_CHARACTERS = 1_000_000

/** Which docs `docs.sync` deletes. */
export interface SyncOptions {
  /** Deletes the docs that `docs.sync` or `agents.ensure` wrote under other keys than those of these docs. Default: false. */
  readonly prune?: boolean | undefined
  /** Allows `prune` without any doc, which deletes all of them. Default: false. */
  readonly allowEmpty?: boolean | undefined
}

const OPTIONS: OptionNames<SyncOptions> = { prune: true, allowEmpty: true }

/** What `docs.sync` did, by the keys of the docs. */
export interface Synced {
  /** The keys of docs that are new. */
  readonly created: ReadonlyArray<string>
  /** The keys of docs that differed, and were replaced. */
  readonly updated: ReadonlyArray<string>
  /** The keys of docs that were the same, and were left alone. */
  readonly unchanged: ReadonlyArray<string>
  /** The keys of docs that `prune` deleted. */
  readonly deleted: ReadonlyArray<string>
  /** The jobs that index and embed the docs that were created or updated. */
  readonly jobs: ReadonlyArray<JobId>
}

const lengthOf = ({ content }: SyncDoc): number =>
  typeof content === "string" ? content.length : content.reduce((sum, chunk) => sum + chunk.length, 0)

const batchesOf = (docs: ReadonlyArray<SyncDoc>): ReadonlyArray<ReadonlyArray<SyncDoc>> => {
  const batches: Array<Array<SyncDoc>> = []
  let left = 0
  for (const doc of docs) {
    const batch = batches.at(-1)
    left -= lengthOf(doc)
    if (batch !== undefined && batch.length < MAX_DOCS && left >= 0) batch.push(doc)
    else {
      batches.push([doc])
      left = MAX_CHARACTERS - lengthOf(doc)
    }
  }
  return batches
}

/** Refuses two docs with one key: the second would replace the first, on every start. */
const checkKeys = (docs: ReadonlyArray<SyncDoc>): Effect.Effect<void, InvalidRequest> => {
  const known = new Set<string>()
  const index = docs.findIndex((doc) => known.size === known.add(syncKeyOf(doc)).size)
  const doc = docs[index]
  if (doc === undefined) return Effect.void
  const message = `Two docs have the key ${JSON.stringify(syncKeyOf(doc))}. Give each a key of its own.`
  return Effect.fail(invalid([{ path: `docs[${index}].key`, message }]))
}

/**
 * Syncs docs with as many requests as they need, one after the other. Nothing is sent if a doc does not fit its schema. A sync
 * is idempotent, so its requests have no idempotency key, which would stand for all of them.
 */
export const syncDocs = <E>(
  docs: ReadonlyArray<SyncDoc>,
  options: SyncOptions,
  send: (payload: SyncDocs) => Effect.Effect<DocsSynced, E>
): Effect.Effect<Synced, E | InvalidRequest> =>
  Effect.gen(function* () {
    const unknown = unknownOption("docs.sync", options, OPTIONS)
    if (unknown !== undefined) return yield* notSent(unknown.name, unknown.message)
    const { allowEmpty = false, prune = false } = options
    yield* check(SyncDocs, { docs })
    yield* checkKeys(docs)
    if (prune && docs.length > MAX_KEPT) {
      const message = `Expected at most ${MAX_KEPT} docs, because prune sends all of their keys. Sync them without prune`
      return yield* notSent("keep", message)
    }
    const [first = [], ...rest] = batchesOf(docs)
    // With all docs in one request, it also prunes; else the last one does, with every key.
    const only = rest.length === 0
    const pruning = { prune, allow_empty: allowEmpty }
    const done = [yield* send({ docs: first, ...(only && prune ? pruning : {}) })]
    for (const batch of rest) done.push(yield* send({ docs: batch }))
    if (prune && !only) done.push(yield* send({ docs: [], keep: docs.map(syncKeyOf), ...pruning }))
    const items = done.flatMap(({ items }) => items)
    const keysOf = (which: string) => items.flatMap(({ key, outcome }) => (outcome === which ? [key] : []))
    return {
      created: keysOf("created"),
      updated: keysOf("updated"),
      unchanged: keysOf("unchanged"),
      deleted: done.flatMap(({ deleted }) => deleted),
      jobs: items.flatMap(({ jobs }) => jobs)
    }
  }).pipe((sync) =>
    Effect.flatMap(CurrentRequestOptions, (options) =>
      Effect.provideService(sync, CurrentRequestOptions, { ...options, idempotencyKey: undefined })
    )
  )
