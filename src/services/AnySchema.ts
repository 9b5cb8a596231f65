/** The schemas that typed answers and tools take: of Effect, of any library with Standard Schema, or JSON Schemas. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as JSONSchema from "effect/JSONSchema"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { InvalidRequest } from "../schema/Errors.js"
import type { JsonObject } from "../schema/Field.js"
import { type Issue, summarizeIssues } from "../schema/Issue.js"
import { withoutNulls } from "./absentNulls.js"

/** A problem of a value, as libraries of schemas report it. */
interface StandardIssue {
  readonly message: string
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined
}

type StandardResult<A> =
  | { readonly value: A; readonly issues?: undefined }
  | { readonly issues: ReadonlyArray<StandardIssue> }

/**
 * A Standard Schema (https://standardschema.dev), which zod, valibot, arktype and others make. `jsonSchema` belongs to its
 * extension Standard JSON Schema.
 */
export interface StandardSchema<A = unknown> {
  /** The members of the Standard Schema specification. */
  readonly "~standard": {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<A> | Promise<StandardResult<A>>
    readonly types?: { readonly input: unknown; readonly output: A } | undefined
    readonly jsonSchema?: { readonly input: (options: { readonly target: "draft-2020-12" }) => JsonObject } | undefined
  }
}

/** What a schema decodes to. A JSON Schema checks nothing here, so its values are `unknown`. */
export type TypeOf<S> =
  S extends Schema.Schema.Variance<infer A, infer _I, infer _R>
    ? A
    : S extends { readonly "~standard": { readonly types?: infer Types } }
      ? NonNullable<Types> extends { readonly output: infer A }
        ? A
        : unknown
      : unknown

/** What a model writes for a schema, as JSON. */
export type EncodedOf<S> =
  S extends Schema.Schema.Variance<infer _A, infer I, infer _R>
    ? I
    : S extends { readonly "~standard": { readonly types?: infer Types } }
      ? NonNullable<Types> extends { readonly input: infer I }
        ? I
        : unknown
      : unknown

/** The services that decoding requires. Only schemas of Effect can have any. */
export type ContextOf<S> = S extends Schema.Schema.Variance<infer _A, infer _I, infer R> ? R : never

/** A schema as JSON Schema for a model, and the decoder of what the model writes. */
export interface Decoder<A, R = never> {
  readonly jsonSchema: JsonObject
  /** Whether `decode` checks values: it takes those of a JSON Schema as they are. */
  readonly checks: boolean
  /**
   * Decodes a value of JSON. Models write `null` for what they leave out: if the value does not fit, each optional member that
   * is `null`, and whose schema does not name `null`, counts as absent.
   */
  readonly decode: (value: unknown) => Effect.Effect<A, ReadonlyArray<Issue>, R>
}

interface PathIssue {
  readonly path: ReadonlyArray<PropertyKey>
  readonly message: string
}

type Decode<A, R> = (value: unknown) => Effect.Effect<A, ReadonlyArray<PathIssue>, R>

const invalid = (message: string) => new InvalidRequest({ message, issues: [{ path: "schema", message }] })

/** The decoder of JSON Schemas. */
const unchecked: Decode<unknown, never> = Effect.succeed

const ofDecode = <A, R>({ $schema: _, ...jsonSchema }: JsonObject, decode: Decode<A, R>): Decoder<A, R> => ({
  jsonSchema,
  checks: decode !== unchecked,
  decode: (value) =>
    decode(value).pipe(
      Effect.catchAll(() => decode(withoutNulls(jsonSchema, value))),
      Effect.mapError(summarizeIssues)
    )
})

/** Why there is no JSON Schema, in one line. Effect names the schema and its path in lines of their own. */
const reasonOf = (message: string): string => {
  const name = /^schema \([^)]*\): (.*)$/m.exec(message)?.[1]
  if (name === undefined) return message.replaceAll(/\s*\n\s*/g, " ")
  const at = /^at path: (.*)$/m.exec(message)?.[1]
  return `${name}${at === undefined ? "" : ` at ${at}`}. Use a schema whose encoded side is JSON, such as Schema.Date, or annotate this one with \`jsonSchema\`.`
}

/** The JSON Schema of what a library encodes; libraries throw where there is none. */
const jsonSchemaBy = (what: string, make: () => JsonObject): Either.Either<JsonObject, InvalidRequest> =>
  Either.try({
    try: make,
    catch: (cause) => {
      const reason = reasonOf(Predicate.isError(cause) ? cause.message : String(cause))
      return invalid(`The schema cannot be sent to a model, because ${what} makes no JSON Schema of it: ${reason}`)
    }
  })

const ofEffect = <A, I, R>(schema: Schema.Schema<A, I, R>): Either.Either<Decoder<A, R>, InvalidRequest> => {
  const decode = ParseResult.decodeUnknown(schema, { errors: "all" })
  return Either.map(
    jsonSchemaBy("Effect", () => ({ ...JSONSchema.make(schema) })),
    (jsonSchema) =>
      ofDecode(jsonSchema, (value) => Effect.mapError(decode(value), ParseResult.ArrayFormatter.formatIssueSync))
  )
}

const pathIssue = ({ message, path = [] }: StandardIssue): PathIssue => ({
  message,
  path: path.map((step) => (typeof step === "object" ? step.key : step))
})

const ofStandard = <A>({ "~standard": standard }: StandardSchema<A>): Either.Either<Decoder<A>, InvalidRequest> => {
  const { jsonSchema, vendor } = standard
  if (jsonSchema === undefined) {
    return Either.left(
      invalid(
        `The ${vendor} schema has no JSON Schema, which a model needs. Use a version that implements Standard JSON Schema ` +
          "(zod 4.2, arktype 2.1.28), or wrap the schema with toStandardJsonSchema of @valibot/to-json-schema."
      )
    )
  }
  const validate = (value: unknown) => {
    const result = standard.validate(value)
    return Predicate.isPromise(result) ? Effect.promise(() => result) : Effect.succeed(result)
  }
  return Either.map(
    jsonSchemaBy(vendor, () => jsonSchema.input({ target: "draft-2020-12" })),
    (made) =>
      ofDecode(made, (value) =>
        Effect.flatMap(
          Effect.suspend(() => validate(value)),
          (result) =>
            result.issues === undefined ? Effect.succeed(result.value) : Effect.fail(result.issues.map(pathIssue))
        )
      )
  )
}

const isStandard = (schema: unknown): schema is StandardSchema => Predicate.isObject(schema) && "~standard" in schema

/**
 * The decoder of a schema of Effect, of a Standard Schema that has a JSON Schema, or of a JSON Schema, which is taken as it
 * is and checks nothing. Fails with `InvalidRequest` if no JSON Schema can be made.
 */
export const decoderOf = <S extends object>(
  schema: S
): Either.Either<Decoder<TypeOf<S>, ContextOf<S>>, InvalidRequest> => {
  const decoder = Schema.isSchema(schema)
    ? ofEffect(schema)
    : isStandard(schema)
      ? ofStandard(schema)
      : Predicate.isRecord(schema)
        ? Either.right(ofDecode({ ...schema }, unchecked))
        : Either.left(invalid("The schema must be a schema of Effect, a Standard Schema or a JSON Schema object."))
  // The branch that is taken determines the type.
  return decoder as Either.Either<Decoder<TypeOf<S>, ContextOf<S>>, InvalidRequest>
}
