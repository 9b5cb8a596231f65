/**
 * The building blocks of every entity: ids, timestamps, free-form JSON and the two kinds of optional member.
 */
import type * as Brand from "effect/Brand"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"

/** A branded id: a schema of lower-case UUIDs with a constructor. */
export interface IdSchema<Name extends string> extends Schema.Schema<string & Brand.Brand<Name>, string> {
  /** The id for a UUID of any RFC 4122 version, in lower case and with dashes. Throws a `ParseError` on anything else. */
  readonly make: (uuid: string) => string & Brand.Brand<Name>
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** A UUID in the one form in which ids are compared: lower case, with dashes. Any other text is only lower-cased. */
export const canonicalUuid = (text: string): string => {
  const lower = text.toLowerCase()
  return lower.length === 32 ? lower.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-") : lower
}

/** Whether a text is a UUID in that form. */
export const isUuid = (text: string): boolean => uuid.test(text)

/** The developer that a request acts for if it names none. */
export const NIL_DEVELOPER = "00000000-0000-0000-0000-000000000000"

const uuidText = Schema.String.annotations({ jsonSchema: { type: "string", format: "uuid" } })

/** The schema of one kind of id: any RFC 4122 UUID. Upper case and a form without dashes are decoded, too. */
export const id = <Name extends string>(name: Name): IdSchema<Name> => {
  const branded = Schema.String.pipe(
    Schema.pattern(uuid, {
      identifier: name,
      description: "a UUID",
      message: (issue) => ({
        message: `Expected a UUID (${name}), actual ${ParseResult.isComposite(issue) ? "" : JSON.stringify(issue.actual)}`,
        override: true
      }),
      arbitrary: () => (fc) => fc.uuid()
    }),
    Schema.brand(name)
  )
  const schema = Schema.transform(uuidText, branded, {
    strict: true,
    decode: canonicalUuid,
    encode: identity
  })
  return Object.assign(schema, { make: (text: string) => Schema.decodeSync(schema)(text) })
}

/** Years beyond four digits have a sign and six digits. */
const rfc3339 = /^(\d{4}|[+-]\d{6})-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$/i

/** An instant: a `Date` in memory, RFC 3339 on the wire; epoch seconds are accepted too. */
export const Timestamp = Schema.transformOrFail(
  Schema.Union(Schema.String, Schema.Number).annotations({ jsonSchema: { type: "string", format: "date-time" } }),
  Schema.ValidDateFromSelf,
  {
    strict: true,
    decode: (wire, _options, ast) => {
      const date =
        typeof wire === "number" ? new Date(wire * 1000) : rfc3339.test(wire) ? new Date(wire) : new Date(Number.NaN)
      return Number.isNaN(date.getTime())
        ? ParseResult.fail(new ParseResult.Type(ast, wire, "Expected an RFC 3339 timestamp or epoch seconds"))
        : ParseResult.succeed(date)
    },
    encode: (date) => ParseResult.succeed(date.toISOString())
  }
)

/** Free-form JSON, kept exactly as it is: `metadata`, `parameters`, `entities`. */
export type JsonObject = { readonly [key: string]: unknown }

const isPlain = (value: object): boolean => {
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** The deepest nesting. Deeper values contain themselves, or no parser would read them back. */
const MAX_DEPTH = 500

const isJson = (value: unknown, depth = 0): boolean => {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "undefined":
      return true
    case "number":
      return Number.isFinite(value)
    case "object":
      if (value === null) return true
      if (depth > MAX_DEPTH) return false
      return (Array.isArray(value) || isPlain(value)) && Object.values(value).every((item) => isJson(item, depth + 1))
    default:
      return false
  }
}

/**
 * A JSON object of any shape. It is passed through by reference, so no key is ever renamed, dropped or reordered;
 * values that JSON cannot represent (a `Date`, a `bigint`, a function, `NaN`) are an error.
 */
export const JsonObject: Schema.Schema<JsonObject> = Schema.declare(
  (value: unknown): value is JsonObject =>
    typeof value === "object" && value !== null && !Array.isArray(value) && isJson(value),
  {
    description: "a JSON object",
    message: () => ({ message: "Expected an object of plain JSON values", override: true }),
    jsonSchema: { type: "object", additionalProperties: true },
    arbitrary: () => (fc) =>
      fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.parse(JSON.stringify(value)))
  }
)

/**
 * A JSON object as an input takes it: a value of any interface, or a JSON Schema such as that of `JSONSchema.make`. What
 * JSON cannot represent in it is an error, as in every `JsonObject`.
 */
export const JsonInput = Schema.make<object>(JsonObject.ast)

/**
 * How the engine sends a member of a response: `always` with a value, as a value or `null` (`nullable`), as a value or not
 * at all (`optional`), or any of these (`nullish`). The OpenAPI document says so, where clients accept more of other servers.
 */
export type Presence = "always" | "nullable" | "optional" | "nullish"

/** The keyword that carries `Presence` from a schema to the OpenAPI document, which does not show it. */
export const PRESENCE = "x-sent"

const members = new WeakMap<object, Map<string, unknown>>()

/**
 * Finds the member of a kind that was made of a schema, or makes it. Building schemas is most of what loading the package
 * costs, and the same few optional members are everywhere.
 */
const madeOnce = <Member>(kind: string, schema: object, make: () => Member): Member => {
  const made = members.get(schema) ?? new Map<string, unknown>()
  members.set(schema, made)
  if (!made.has(kind)) made.set(kind, make())
  // The kind and the schema determine the type.
  return made.get(kind) as Member
}

type Change = AST.PropertySignatureTransformation["decode"]

/**
 * A member that may be absent on the wire, and is in memory what `decode` makes of it: by default absent where it is `null`.
 * It is made of ASTs, because no other code needs the schemas that `Schema.optionalToOptional` takes, and each costs time.
 */
export const member = <
  A,
  I,
  R = never,
  Token extends Schema.PropertySignature.Token = "?:",
  HasDefault extends boolean = false
>(
  from: AST.AST,
  to: AST.AST,
  decode: Change = Option.filter(Predicate.isNotNull),
  none?: () => A
  // Named in full: the declarations cannot name the class that is inferred.
): Schema.PropertySignature<Token, A, never, "?:", I, HasDefault, R> =>
  Schema.makePropertySignature(
    new Schema.PropertySignatureTransformation(
      new Schema.FromPropertySignature(from, true, true, {}, undefined),
      new Schema.ToPropertySignature(to, none === undefined, true, {}, none),
      decode,
      identity
    )
  )

/** A value or `null`, with what the engine sends. */
export const orNull = ({ ast }: Schema.Schema.All, presence: Presence): AST.AST =>
  AST.Union.make([ast, AST.null], { [AST.JSONSchemaAnnotationId]: { [PRESENCE]: presence } })

const orNothing = (ast: AST.AST): AST.AST => AST.Union.make([ast, AST.null, AST.undefinedKeyword])

/** A member of a resource that a server may omit or send as `null`. In memory it is absent either way. */
export const nullish = <A, I, R>(schema: Schema.Schema<A, I, R>, presence: Presence = "always") =>
  madeOnce(`nullish ${presence}`, schema, () =>
    Object.assign(member<A, I | null, R>(orNull(schema, presence), AST.typeAST(schema.ast)), { value: schema })
  )

/** A member that may be absent, and is the same in memory and on the wire. */
const asSent = <A, I, R>(type: AST.AST): Schema.PropertySignature<"?:", A, never, "?:", I, false, R> =>
  Schema.makePropertySignature(new Schema.PropertySignatureDeclaration(type, true, true, {}, undefined))

/** A member of a stream's event that a server may omit or send as `null`; both stay as they are. */
export const nullishInEvent = <A, I, R>(schema: Schema.Schema<A, I, R>, presence: Presence = "always") =>
  madeOnce(`nullishInEvent ${presence}`, schema, () => asSent<A | null, I | null, R>(orNull(schema, presence)))

/** A member that may be absent or `null`. `presence` is what the engine's own answers, and those of OpenAI, do with it. */
export const optionalNullable = <A, I, R>(schema: Schema.Schema<A, I, R>, presence: Presence = "optional") =>
  madeOnce(`optional ${presence}`, schema, () =>
    asSent<A | null | undefined, I | null | undefined, R>(
      AST.Union.make([orNull(schema, presence), AST.undefinedKeyword])
    )
  )

/** A member that the engine always sends. Of a server that sends `null` or nothing it is `none`. */
const always = <A, I, R>(schema: Schema.Schema<A, I, R>, none: () => A) => {
  const { ast } = schema.annotations({ jsonSchema: { [PRESENCE]: "always" satisfies Presence } })
  return member<A, I | null | undefined, R, ":", true>(
    orNothing(ast),
    AST.typeAST(ast),
    (given) => Option.some(Option.getOrUndefined(given) ?? none()),
    none
  )
}

/** A text that every resource has. Of a server that sends `null` or nothing it is the one that the API has for no text. */
export const text = (none = "", schema: typeof Schema.String = Schema.String) => always(schema, () => none)

/** A list that the engine always sends. Other servers may send `null` or nothing; in memory it is always a list. */
export const listed = <A, I, R>(item: Schema.Schema<A, I, R>) => always(Schema.Array(item), () => [])

/** A whole number that a server reports. That it is whole is documentation: any number decodes. */
export const count = Schema.Number.annotations({ jsonSchema: { type: "integer" } })

/** A member that a request may omit. On the wire `null` means the same; in memory the type excludes it. */
export const omittable = <A, I, R>(schema: Schema.Schema<A, I, R>) =>
  madeOnce("omittable", schema, () =>
    member<A | undefined, I | null | undefined, R>(
      orNothing(schema.ast),
      AST.Union.make([AST.typeAST(schema.ast), AST.undefinedKeyword])
    )
  )

/** An enumeration that a provider may extend: known values are documented, others are accepted. */
export const openEnum = <const Values extends ReadonlyArray<string>>(
  ...values: Values
  // Named in full: an inferred type is simplified to `string`, and editors complete nothing.
): Schema.Schema<Values[number] | (string & {}), string> =>
  Schema.String.pipe(
    Schema.filter((_value): _value is Values[number] | (string & {}) => true, {
      jsonSchema: { type: "string", enum: [...values] },
      arbitrary: () => (fc) => fc.constantFrom(...values)
    })
  )

const rangeDocument = (minimum: number, maximum: number, defaultValue: number) => ({
  jsonSchema: { type: "number", minimum, maximum, default: defaultValue }
})

/** A number within inclusive bounds; the default is documentation: the engine applies it, the client never sends it. */
export const ranged = (minimum: number, maximum: number, defaultValue: number) =>
  Schema.Number.pipe(Schema.between(minimum, maximum, rangeDocument(minimum, maximum, defaultValue)))

/** A number that a server reports. Its bounds are documentation: a value beyond them still decodes. */
export const reported = (minimum: number, maximum: number, defaultValue: number) =>
  Schema.Number.annotations(rangeDocument(minimum, maximum, defaultValue))

/** All issues of a payload are reported, not only the first. */
export const reportAll = { parseOptions: { errors: "all" } } as const

/** What an input is called in errors, and the members of what servers send that it does not have. */
export interface InputKind {
  readonly noun: string
  readonly received: ReadonlyArray<string>
  /** What to do instead of giving what the input does not have, by its name. */
  readonly advice?: Readonly<Record<string, string>>
  /** What to do with any other unknown member that is not a misspelled name. */
  readonly otherwise?: string | undefined
}

type Optional<T> = { [Name in keyof T]-?: Partial<T> extends Pick<T, Name> ? Name : never }[keyof T]

/** The type of an input, whose members have the doc comments of the schema's fields: `Schema.Type` has none of them. */
export type InputType<S extends { readonly fields: object; readonly Type: object }> = {
  readonly [Name in keyof Pick<
    S["fields"],
    Exclude<keyof S["fields"], Optional<S["Type"]>>
  >]: Name extends keyof S["Type"] ? S["Type"][Name] : never
} & {
  readonly [Name in keyof Pick<S["fields"], keyof S["fields"] & Optional<S["Type"]>>]?: Name extends keyof S["Type"]
    ? S["Type"][Name] | undefined
    : never
}

/**
 * A second base for the interface of an input. Compile errors show an interface with one base and no members of its own as
 * that base, which is a page of schemas.
 */
export type OpaqueBase = Record<never, never>

/** The annotation of inputs. */
export const INPUT = Symbol.for("effect-julep/input")

/**
 * The annotations of an input: what it is called, with its article, and which members a caller may leave in it who read it
 * from a server. The client leaves them out of the request.
 */
export const inputOf = (noun: string, ...received: ReadonlyArray<string>) => ({
  ...reportAll,
  [INPUT]: { noun, received } satisfies InputKind
})

/** The annotations of an input, with what to do instead of giving some members that it does not have. */
export const withAdvice = (
  of: ReturnType<typeof inputOf>,
  advice: Readonly<Record<string, string>>,
  otherwise?: string
) => ({
  ...of,
  [INPUT]: { ...of[INPUT], advice, otherwise } satisfies InputKind
})
