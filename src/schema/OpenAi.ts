/** Embeddings, responses and models of OpenAI, as far as the contract names them: the engine passes them on. */
import * as Schema from "effect/Schema"
import { Usage, unknownMembers } from "./ChatCompletion.js"
import { count, JsonObject, optionalNullable } from "./Field.js"

/** A request for embeddings. Without `model`, the engine's embedder has its own. */
export const CreateEmbedding = Schema.Struct(
  {
    model: optionalNullable(Schema.String),
    input: Schema.Union(Schema.String, Schema.Array(Schema.Unknown)),
    encoding_format: optionalNullable(Schema.String),
    dimensions: optionalNullable(count)
  },
  unknownMembers
).annotations({ identifier: "CreateEmbeddingRequest" })

/** Embeddings: a list of numbers each, or their bytes in base 64. */
export const EmbeddingList = Schema.Struct(
  {
    object: optionalNullable(Schema.String, "always"),
    model: optionalNullable(Schema.String, "always"),
    data: Schema.Array(
      Schema.Struct(
        {
          object: optionalNullable(Schema.String, "always"),
          index: optionalNullable(count, "always"),
          embedding: Schema.Union(Schema.Array(Schema.Number), Schema.String)
        },
        unknownMembers
      )
    ),
    usage: optionalNullable(Usage)
  },
  unknownMembers
).annotations({ identifier: "CreateEmbeddingResponse" })

/** A request for a response. Without `model`, the engine asks for its default one. */
export const CreateResponse = Schema.Struct(
  {
    model: optionalNullable(Schema.String),
    input: optionalNullable(Schema.Union(Schema.String, Schema.Array(JsonObject))),
    stream: optionalNullable(Schema.Boolean)
  },
  unknownMembers
).annotations({ identifier: "CreateResponseRequest" })

/** A response. */
export const ModelResponse = Schema.Struct(
  { id: Schema.String, object: optionalNullable(Schema.String, "always"), status: optionalNullable(Schema.String) },
  unknownMembers
).annotations({ identifier: "ModelResponse" })

/** One event of a streamed response. */
export const ResponseStreamEvent = Schema.Struct({ type: Schema.String }, unknownMembers).annotations({
  identifier: "ResponseStreamEvent"
})

/** A model that an endpoint serves. */
export const Model = Schema.Struct(
  {
    id: Schema.String,
    object: optionalNullable(Schema.String, "always"),
    created: optionalNullable(count, "always"),
    owned_by: optionalNullable(Schema.String, "always")
  },
  unknownMembers
).annotations({ identifier: "Model" })
export interface Model extends Schema.Schema.Type<typeof Model> {}

/** The models that an endpoint serves. */
export const ModelList = Schema.Struct(
  { object: optionalNullable(Schema.String, "always"), data: Schema.Array(Model) },
  unknownMembers
).annotations({ identifier: "ModelList" })

/** An error of `/v1`: that of an endpoint as it came, or one of the engine in the same form. */
export const OpenAiErrorBody = Schema.Struct(
  {
    error: Schema.Struct(
      {
        message: Schema.String,
        type: Schema.String,
        param: Schema.NullOr(Schema.String),
        code: Schema.NullOr(Schema.String)
      },
      unknownMembers
    )
  },
  unknownMembers
).annotations({ identifier: "OpenAiErrorBody" })
