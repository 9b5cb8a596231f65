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

/** What is needed to make a doc. `content` is stored verbatim; a list must hold at least one chunk, none of them empty. */
export const CreateDoc = Schema.Struct({
  title: Schema.String,
  content: Schema.Union(Schema.String, Schema.NonEmptyArray(Schema.NonEmptyString)),
  metadata: omittable(JsonObject)
}).annotations({ identifier: "CreateDoc", ...reportAll })
export type CreateDoc = typeof CreateDoc.Type

export const DocCreated = ResourceCreated("Doc", DocId)
export const DocDeleted = ResourceDeleted("Doc", DocId)
