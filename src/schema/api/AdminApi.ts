/**
 * What the operator of a server asks of it: outside the API of agents and of its document, and for the operator's key alone.
 * Beyond v0.3.
 */
import * as Schema from "effect/Schema"
import { ApiKey, ApiKeyId, CreateApiKeyInput, CreatedApiKey } from "../ApiKey.js"
import { Items } from "../Resource.js"
import { del, get, group, post } from "./Operation.js"

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
  /** Leaves a job for each doc, which embeds it again. `docs`: how many. */
  reindex: post("/admin/reindex", { success: Schema.Struct({ docs: Schema.Int }), status: 202 })
})
