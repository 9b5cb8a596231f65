import * as Schema from "effect/Schema"
import { id, JsonObject, nullish, omittable, reportAll, Timestamp } from "./Field.js"
import { ResourceCreated, ResourceDeleted } from "./Resource.js"

/** The id of a doc. */
export const DocId = id("DocId")
export type DocId = typeof DocId.Type

/** A doc of an agent or a user: knowledge that chats recall. `content` is one text or a list of chunks. */
export const Doc = Schema.Struct({
  id: DocId,
  title: Schema.String,
  content: Schema.Union(Schema.String, Schema.Array(Schema.String)),
  created_at: Timestamp,
  metadata: nullish(JsonObject)
}).annotations({ identifier: "Doc" })
export type Doc = typeof Doc.Type

/** `Schema.NonEmptyString` would be a schema of its own in the OpenAPI document. */
const Chunk = Schema.String.pipe(Schema.nonEmptyString())

/** The input to create a doc. `content` is stored as it is; a list has at least one chunk, and no empty one. */
export const CreateDoc = Schema.Struct({
  title: Schema.String,
  content: Schema.Union(Schema.String, Schema.NonEmptyArray(Chunk)),
  metadata: omittable(JsonObject)
}).annotations({ identifier: "CreateDoc", ...reportAll })
export type CreateDoc = typeof CreateDoc.Type

/** The response to a create: the id, its time, and the jobs that the request started. */
export const DocCreated = ResourceCreated(DocId)
/** The response to a delete: the id, its time, and the jobs that the request started. */
export const DocDeleted = ResourceDeleted(DocId)
