import * as Schema from "effect/Schema"
import {
  count,
  type InputType,
  id,
  inputOf,
  JsonInput,
  JsonObject,
  nullish,
  type OpaqueBase,
  omittable,
  Timestamp
} from "./Field.js"
import { JobIds } from "./Job.js"
import { MetadataFilter } from "./MetadataFilter.js"
import { Key, Outcome, ResourceCreated, ResourceDeleted } from "./Resource.js"

/** The id of a doc. */
export const DocId = id("DocId")
export type DocId = typeof DocId.Type

/** A doc of an agent or a user: knowledge that chats recall. `content` is one text or a list of chunks. */
export const Doc = Schema.Struct({
  id: DocId,
  /** Beyond v0.3: the key under which `docs.sync` or `agents.ensure` wrote it. */
  key: nullish(Key, "optional"),
  title: Schema.String,
  content: Schema.Union(Schema.String, Schema.Array(Schema.String)),
  created_at: Timestamp,
  /** JSON of any shape, which filters of lists can match. */
  metadata: nullish(JsonObject)
}).annotations({ identifier: "Doc" })
export interface Doc extends Schema.Schema.Type<typeof Doc> {}

/** The advice where docs are given to what does not take them. */
export const DOCS_ADVICE = "Docs are changed with docs.create, docs.sync and docs.delete."

/** `Schema.NonEmptyString` would be a schema of its own in the OpenAPI document. */
const Chunk = Schema.String.pipe(Schema.nonEmptyString())

/** The input to create a doc. `content` is stored as it is; a list has at least one chunk, and no empty one. */
export const CreateDoc = Schema.Struct({
  /** The title, which chats show to the model beside each passage. */
  title: Schema.String,
  /** One text, or a list of at least one chunk, none of which is empty. */
  content: Schema.Union(Schema.String, Schema.Array(Chunk).pipe(Schema.minItems(1))),
  /** JSON of any shape, which `metadata_filter` of `list` can match. Default: `{}`. */
  metadata: omittable(JsonInput)
}).annotations({ identifier: "CreateDoc", ...inputOf("a doc", "id", "key", "created_at", "jobs") })
export interface CreateDoc extends InputType<typeof CreateDoc>, OpaqueBase {}

/**
 * Beyond v0.3: a doc that `docs.sync` keeps up to date under its key, of 1 to 200 characters. Without a key, its title is
 * the key.
 */
export const SyncDoc = Schema.Struct({
  /** Your key, of 1 to 200 characters. Default: the title. */
  key: omittable(Key),
  ...CreateDoc.fields
}).annotations({
  identifier: "SyncDoc",
  ...inputOf("a doc", "id", "created_at", "jobs")
})
export interface SyncDoc extends InputType<typeof SyncDoc>, OpaqueBase {}

/** How many keys a sync may keep. */
export const MAX_KEPT = 20_000

/** The key of a doc that is synced. */
export const syncKeyOf = ({ key, title }: SyncDoc): string => key ?? title

/**
 * Docs of one owner to sync, at most 500. With `prune`, the docs that have a key are deleted whose key is neither that of
 * one of these nor in `keep`; `allow_empty` lets it delete all of them.
 */
export const SyncDocs = Schema.Struct({
  docs: Schema.Array(SyncDoc),
  /** Whether the docs under other keys are deleted. Default: `false`. */
  prune: omittable(Schema.Boolean),
  /** The keys of more docs that are not deleted, at most 20,000. Default: none. */
  keep: omittable(Schema.Array(Key).pipe(Schema.maxItems(MAX_KEPT))),
  /** Whether all docs with a key may be deleted. Default: `false`. */
  allow_empty: omittable(Schema.Boolean)
}).annotations({ identifier: "SyncDocsRequest", ...inputOf("a sync of docs") })
export interface SyncDocs extends InputType<typeof SyncDocs> {}

/**
 * Beyond v0.3: a search of the docs of one owner. `limit` is the number of passages, 1 to 50, default 10; `metadata_filter`
 * selects docs as in lists.
 */
export const SearchDocs = Schema.Struct({
  query: Schema.String,
  limit: omittable(Schema.Number.pipe(Schema.int(), Schema.between(1, 50))),
  metadata_filter: omittable(MetadataFilter)
}).annotations({ identifier: "SearchDocsRequest", ...inputOf("a search of docs") })
export interface SearchDocs extends InputType<typeof SearchDocs>, OpaqueBase {}

/** A passage that a search found: its doc, its position in it, from 0, and its score, comparable within one search. */
export const FoundPassage = Schema.Struct({
  doc_id: DocId,
  title: Schema.String,
  index: count,
  content: Schema.String,
  score: Schema.Number
}).annotations({ identifier: "FoundPassage" })
export interface FoundPassage extends Schema.Schema.Type<typeof FoundPassage> {}

/** What was done for each doc, in the order of the request, and the keys of the docs that were deleted. */
export const DocsSynced = Schema.Struct({
  items: Schema.Array(Schema.Struct({ key: Key, id: DocId, outcome: Outcome, jobs: JobIds })),
  deleted: Schema.Array(Key)
}).annotations({ identifier: "SyncDocsResponse" })
export interface DocsSynced extends Schema.Schema.Type<typeof DocsSynced> {}

/** The response to a create: the id, its time, and the jobs that the request started. */
export const DocCreated = ResourceCreated(DocId)
/** The response to a delete: the id, its time, and the jobs that the request started. */
export const DocDeleted = ResourceDeleted(DocId)
