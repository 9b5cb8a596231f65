import * as Schema from "effect/Schema"
import { id, inputOf, JsonInput, JsonObject, nullish, omittable, Timestamp } from "./Field.js"
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
  /** JSON of any shape, which filters of lists can match. */
  metadata: nullish(JsonObject)
}).annotations({ identifier: "Doc" })
export interface Doc extends Schema.Schema.Type<typeof Doc> {}

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
}).annotations({ identifier: "CreateDoc", ...inputOf("a doc", "id", "created_at", "jobs") })
export interface CreateDoc extends Schema.Schema.Type<typeof CreateDoc> {}

/** The response to a create: the id, its time, and the jobs that the request started. */
export const DocCreated = ResourceCreated(DocId)
/** The response to a delete: the id, its time, and the jobs that the request started. */
export const DocDeleted = ResourceDeleted(DocId)
