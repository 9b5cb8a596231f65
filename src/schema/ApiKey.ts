/** The keys of a server: each is of one developer. Beyond v0.3. */
import * as Schema from "effect/Schema"
import { id, nullish, Timestamp } from "./Field.js"

/** The id of a key. */
export const ApiKeyId = id("ApiKeyId")
export type ApiKeyId = typeof ApiKeyId.Type

/** The id of a developer. */
export const DeveloperId = id("DeveloperId")
export type DeveloperId = typeof DeveloperId.Type

const fields = {
  id: ApiKeyId,
  name: Schema.String,
  /** The developer that requests with this key act for. */
  developer_id: DeveloperId,
  created_at: Timestamp,
  /** The last use, to the hour. */
  used_at: nullish(Timestamp, "optional"),
  /** From then on the key is refused. */
  expires_at: nullish(Timestamp, "optional"),
  revoked_at: nullish(Timestamp, "optional")
}

/** A key of a server, without its secret: the store has only a hash of that. */
export const ApiKey = Schema.Struct(fields).annotations({ identifier: "ApiKey" })
export interface ApiKey extends Schema.Schema.Type<typeof ApiKey> {}

/** A new key. `key` is the secret that requests carry; it is shown this once. */
export const CreatedApiKey = Schema.Struct({
  ...fields,
  key: Schema.Redacted(Schema.String)
}).annotations({ identifier: "CreatedApiKey" })
export interface CreatedApiKey extends Schema.Schema.Type<typeof CreatedApiKey> {}

/** What a new key is made of. `developer_id`: default the nil UUID. `expires_at`: default never. */
export const CreateApiKeyInput = Schema.Struct({
  name: Schema.String.pipe(Schema.minLength(1), Schema.maxLength(200)),
  developer_id: Schema.optional(DeveloperId),
  expires_at: Schema.optional(Timestamp)
}).annotations({ identifier: "CreateApiKeyInput" })
export interface CreateApiKeyInput extends Schema.Schema.Type<typeof CreateApiKeyInput> {}
