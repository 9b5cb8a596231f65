/**
 * What the operator of a server asks of it: outside the API of agents and of its document, and for the operator's key alone.
 * Beyond v0.3.
 */
import * as Schema from "effect/Schema"
import { ApiKey, ApiKeyId, CreateApiKeyInput, CreatedApiKey } from "../ApiKey.js"
import { Timestamp } from "../Field.js"
import { Items } from "../Resource.js"
import { del, get, group, post } from "./Operation.js"

const Counts = Schema.Record({ key: Schema.String, value: Schema.Int })

/** What an import did: how many rows of each kind it wrote, found as they are, and left out, with the first of these. */
export const ImportReport = Schema.Struct({
  written: Counts,
  unchanged: Counts,
  skipped: Schema.Int,
  rows: Schema.Array(Schema.Struct({ kind: Schema.String, id: Schema.String, reason: Schema.String })),
  complete: Schema.Boolean
})
export interface ImportReport extends Schema.Schema.Type<typeof ImportReport> {}

/** What to delete of what is no longer needed; `dry_run` counts it. The times default as the engine's options say. */
export const PruneInput = Schema.Struct({
  dry_run: Schema.optional(Schema.Boolean),
  memories_before: Schema.optional(Timestamp),
  sessions_before: Schema.optional(Timestamp),
  vacuum: Schema.optional(Schema.Boolean)
})
export interface PruneInput extends Schema.Schema.Type<typeof PruneInput> {}

/** What was deleted or counted. `more`: whether to prune again. */
export const Pruned = Schema.Struct({
  replies: Schema.Int,
  jobs: Schema.Int,
  memories: Schema.Int,
  sessions: Schema.Int,
  more: Schema.Boolean
})
export interface Pruned extends Schema.Schema.Type<typeof Pruned> {}

/**
 * `GET` answers everything as lines of JSON, and `POST` takes such lines, however many. `developer_id`: whose rows, or whose
 * they become.
 */
export const EXPORT_PATH = "/admin/export"
export const IMPORT_PATH = "/admin/import"
export const NDJSON = "application/x-ndjson"

export const AdminApi = group("admin", {
  createKey: post("/admin/keys", { payload: CreateApiKeyInput, success: CreatedApiKey, status: 201 }),
  listKeys: get("/admin/keys", { success: Items(ApiKey) }),
  revokeKey: del("/admin/keys/:key_id", {
    pathParams: Schema.Struct({ key_id: ApiKeyId }),
    success: Schema.Struct({ id: ApiKeyId })
  }),
  /** Copies the store to a new file of the server's machine, while it runs. */
  backup: post("/admin/backup", {
    payload: Schema.Struct({ file: Schema.String }),
    success: Schema.Struct({ file: Schema.String }),
    status: 201
  }),
  /** Deletes some of what is no longer needed. */
  prune: post("/admin/prune", { payload: PruneInput, success: Pruned }),
  /** Leaves jobs that embed all docs, messages and memories again. `docs`: the number of docs. */
  reindex: post("/admin/reindex", { success: Schema.Struct({ docs: Schema.Int }), status: 202 })
})
