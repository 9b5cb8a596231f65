/** Random schemas of Effect, of the kinds that typed answers usually have. */
import { FastCheck as fc, Schema } from "effect"

/** Names that the offline model knows something about, and some that it does not. */
const names = ["answer", "sources", "date", "email", "count", "name", "city", "note", "kind", "x"]

enum Colour {
  Red,
  Blue = "blue"
}

const leaves: ReadonlyArray<Schema.Schema.AnyNoContext> = [
  Schema.String,
  Schema.NonEmptyString,
  Schema.String.pipe(Schema.minLength(3), Schema.maxLength(5)),
  Schema.Trim,
  Schema.Lowercased,
  Schema.String.pipe(Schema.startsWith("id-")),
  Schema.String.pipe(Schema.pattern(/^[A-Z]{2}\d{3,}(?:-x)?$/)),
  Schema.TemplateLiteral("v", Schema.Number),
  Schema.UUID,
  Schema.ULID,
  Schema.Date,
  Schema.DateTimeUtc,
  Schema.URL,
  Schema.NumberFromString,
  Schema.BigInt,
  Schema.Number,
  Schema.Int,
  Schema.NonNegativeInt,
  Schema.Positive,
  Schema.Int.pipe(Schema.between(3, 7)),
  Schema.Number.pipe(Schema.greaterThan(0), Schema.lessThan(1)),
  Schema.Int.pipe(Schema.lessThan(-2)),
  Schema.Int.pipe(Schema.greaterThan(3), Schema.multipleOf(5)),
  Schema.Boolean,
  Schema.Literal("low", "high"),
  Schema.Literal(2, "two", true),
  Schema.Literal("only"),
  Schema.Null,
  Schema.Enums(Colour),
  Schema.Unknown
]

interface Category {
  readonly name: string
  readonly parent: Category | null
  readonly parts: ReadonlyArray<Category>
}

const Category: Schema.Schema<Category> = Schema.Struct({
  name: Schema.NonEmptyString,
  parent: Schema.NullOr(Schema.suspend(() => Category)),
  parts: Schema.Array(Schema.suspend(() => Category))
}).annotations({ identifier: "Category" })

class Point extends Schema.Class<Point>("Point")({ x: Schema.Int, y: Schema.optional(Schema.Number) }) {}

const structs = (inner: fc.Arbitrary<Schema.Schema.AnyNoContext>) =>
  fc.uniqueArray(fc.tuple(fc.constantFrom(...names), inner, fc.constantFrom("required", "optional")), {
    maxLength: 4,
    selector: ([name]) => name
  })

type Members = ReadonlyArray<readonly [name: string, schema: Schema.Schema.AnyNoContext, presence: string]>

const struct = (
  members: Members,
  more: Readonly<Record<string, Schema.Schema.AnyNoContext>> = {}
): Schema.Schema.AnyNoContext =>
  Schema.Struct({
    ...more,
    ...Object.fromEntries(
      members.map(([name, schema, presence]) => [name, presence === "optional" ? Schema.optional(schema) : schema])
    )
  })

const { object } = fc.letrec<{ any: Schema.Schema.AnyNoContext; object: Schema.Schema.AnyNoContext }>((tie) => ({
  any: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(...leaves),
    fc.constantFrom<Schema.Schema.AnyNoContext>(Category, Point),
    tie("object"),
    tie("any").map((item) => Schema.Array(item)),
    tie("any").map((item) => Schema.NonEmptyArray(item)),
    tie("any").map((item) => Schema.Array(item).pipe(Schema.minItems(2), Schema.maxItems(3))),
    fc.tuple(tie("any"), tie("any")).map(([left, right]) => Schema.Tuple(left, right)),
    tie("any").map((item) => Schema.NullOr(item)),
    tie("any").map((value) => Schema.Record({ key: Schema.String, value })),
    fc
      .tuple(structs(tie("any")), structs(tie("any")))
      .map(([left, right]) =>
        Schema.Union(struct(left, { _tag: Schema.Literal("A") }), struct(right, { _tag: Schema.Literal("B") }))
      )
  ),
  // Two schemas with one identifier are one in JSON Schema.
  object: fc
    .tuple(structs(tie("any")), fc.option(fc.uuid()))
    .map(([members, id]) => (id === null ? struct(members) : struct(members).annotations({ identifier: `Part${id}` })))
}))

/** Schemas of objects: members of all kinds, required and optional, nested, in unions, lists, tuples and records. */
export const objectSchemas: fc.Arbitrary<Schema.Schema.AnyNoContext> = object

/** Schemas that are in every run. */
export const knownSchemas: ReadonlyArray<Schema.Schema.AnyNoContext> = [
  Category,
  Point,
  ...leaves.map((leaf) => Schema.Struct({ answer: leaf, sources: Schema.optional(leaf) }))
]
