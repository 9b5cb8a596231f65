import { describe, expect, expectTypeOf, it } from "@effect/vitest"
import { Context, Effect, Either, JSONSchema, Schema } from "effect"
import { z } from "zod"
import { type ContextOf, decoderOf, type StandardSchema, type TypeOf } from "../../src/services/AnySchema.js"

const Ticket = Schema.Struct({
  title: Schema.NonEmptyString,
  priority: Schema.Literal("low", "high"),
  due: Schema.optional(Schema.Date),
  tags: Schema.Array(Schema.Struct({ name: Schema.String, note: Schema.optional(Schema.String) }))
})

const good = { title: "Tea", priority: "low", tags: [{ name: "hot" }] }

const zodTicket = z.object({
  title: z.string().min(1),
  priority: z.enum(["low", "high"]),
  due: z.iso.date().optional(),
  tags: z.array(z.object({ name: z.string(), note: z.string().optional() }))
})

const message = (schema: object) => Either.getOrThrow(Either.flip(decoderOf(schema))).message

describe("decoderOf", () => {
  for (const [library, schema] of [
    ["Effect", Ticket],
    ["zod", zodTicket]
  ] as const) {
    it.effect(`takes a schema of ${library}: a JSON Schema of what the model writes, and a decoder`, () =>
      Effect.gen(function* () {
        const { decode, jsonSchema } = yield* decoderOf(schema)
        expect(jsonSchema).toMatchObject({ type: "object", required: ["title", "priority", "tags"] })
        expect(jsonSchema).not.toHaveProperty("$schema")
        expect(yield* decode(good)).toEqual(good)
      })
    )

    it.effect(`reports every issue of a schema of ${library} with its path`, () =>
      Effect.gen(function* () {
        const { decode } = yield* decoderOf(schema)
        const issues = yield* Effect.flip(decode({ ...good, title: 1, tags: [{ name: null }] }))
        expect(issues.map(({ path }) => path)).toEqual(["title", "tags[0].name"])
      })
    )

    it.effect(`takes the null of an optional member as absent, with ${library}`, () =>
      Effect.gen(function* () {
        const { decode } = yield* decoderOf(schema)
        const value = {
          ...good,
          due: null,
          tags: [
            { name: "hot", note: null },
            { name: "cold", note: "n" }
          ]
        }
        expect(yield* decode(value)).toEqual({ ...good, tags: [{ name: "hot" }, { name: "cold", note: "n" }] })
        expect(value.due, "the value itself is unchanged").toBeNull()
      })
    )
  }

  it.effect("keeps a null that the schema accepts, beside one that it does not", () =>
    Effect.gen(function* () {
      const { decode } = yield* decoderOf(
        Schema.Struct({ a: Schema.NullOr(Schema.String), b: Schema.optional(Schema.String) })
      )
      expect(yield* decode({ a: null, b: null })).toEqual({ a: null })
      expect(yield* Effect.flip(decode({ b: null }))).toMatchObject([{ path: "a", message: "is missing" }])
    })
  )

  const Leaf = Schema.Struct({ kind: Schema.Literal("leaf"), note: Schema.optional(Schema.String) })
  const Inner = Schema.Struct({
    kind: Schema.Literal("inner"),
    note: Schema.NullOr(Schema.String),
    leaf: Schema.optional(Leaf)
  })
  const leaf = z.object({ kind: z.literal("leaf"), note: z.string().optional() })
  const inner = z.object({ kind: z.literal("inner"), note: z.string().nullable(), leaf: leaf.optional() })
  for (const [library, schema] of [
    ["Effect", Schema.Struct({ nodes: Schema.Array(Schema.Union(Leaf, Inner)) })],
    ["zod", z.object({ nodes: z.array(z.union([leaf, inner])) })],
    ["zod, told apart", z.object({ nodes: z.array(z.discriminatedUnion("kind", [leaf, inner])) })]
  ] as const) {
    it.effect(`takes the null of an optional member within a union as absent, with ${library}`, () =>
      Effect.gen(function* () {
        const { decode } = yield* decoderOf(schema)
        const nodes = [
          { kind: "leaf", note: null },
          { kind: "inner", note: null, leaf: null },
          { kind: "inner", note: "n", leaf: { kind: "leaf", note: null } }
        ]
        expect(yield* decode({ nodes })).toEqual({
          nodes: [{ kind: "leaf" }, { kind: "inner", note: null }, { kind: "inner", note: "n", leaf: { kind: "leaf" } }]
        })
      })
    )
  }

  it.effect("takes nulls as absent in a schema that refers to itself", () =>
    Effect.gen(function* () {
      interface Tree {
        readonly left?: Tree | undefined
        readonly right?: Tree | undefined
      }
      const Tree: Schema.Schema<Tree> = Schema.Struct({
        left: Schema.optional(Schema.suspend(() => Tree)),
        right: Schema.optional(Schema.suspend(() => Tree))
      }).annotations({ identifier: "Tree" })
      const { decode } = yield* decoderOf(Tree)
      expect(yield* decode({ left: { left: null, right: {} }, right: null })).toEqual({ left: { right: {} } })
    })
  )

  it.effect("decodes with the services that the schema requires", () =>
    Effect.gen(function* () {
      class Prefix extends Context.Tag("Prefix")<Prefix, string>() {}
      const prefixed = Schema.transformOrFail(Schema.String, Schema.String, {
        decode: (text) => Effect.map(Prefix, (prefix) => prefix + text),
        encode: Effect.succeed
      })
      const schema = Schema.Struct({ text: prefixed })
      expectTypeOf<ContextOf<typeof schema>>().toEqualTypeOf<Prefix>()
      const { decode } = yield* decoderOf(schema)
      expect(yield* decode({ text: "b" }).pipe(Effect.provideService(Prefix, "a"))).toEqual({ text: "ab" })
    })
  )

  it.effect("takes the JSON Schema of zod, and its values are checked", () =>
    Effect.gen(function* () {
      const { decode, jsonSchema } = yield* decoderOf(z.toJSONSchema(zodTicket))
      expect(jsonSchema).toMatchObject({ type: "object" })
      expect(yield* Effect.flip(decode({}))).not.toEqual([])
    })
  )

  it.effect("takes any JSON Schema as it comes, and checks nothing", () =>
    Effect.gen(function* () {
      interface Described {
        readonly type: "object"
        readonly required: ReadonlyArray<string>
      }
      const described: Described = { type: "object", required: ["a"] }
      const fromEffect = yield* decoderOf(JSONSchema.make(Ticket))
      expect(fromEffect.jsonSchema).toMatchObject({ type: "object" })
      const { decode, jsonSchema } = yield* decoderOf(described)
      expect(jsonSchema).toEqual(described)
      expect(yield* decode(1)).toBe(1)
    })
  )

  it.effect("waits for a decoder that is asynchronous", () =>
    Effect.gen(function* () {
      const { decode } = yield* decoderOf(z.object({ n: z.number().refine(async (n) => n > 1, "too small") }))
      expect(yield* decode({ n: 2 })).toEqual({ n: 2 })
      expect(yield* Effect.flip(decode({ n: 1 }))).toEqual([{ path: "n", message: "too small" }])
    })
  )

  it("says what to do if there is no JSON Schema", () => {
    const silent: StandardSchema = { "~standard": { version: 1, vendor: "valibot", validate: (value) => ({ value }) } }
    expect(message(silent)).toMatch(/^The valibot schema has no JSON Schema.*toStandardJsonSchema/)
    expect(message(z.object({ at: z.date() }))).toMatch(/zod makes no JSON Schema of it: Date/)
    expect(message(Schema.Struct({ at: Schema.DateFromSelf }))).toMatch(
      /Effect makes no JSON Schema of it: DateFromSelf at \["at"\]\. Use a schema .*`\.$/
    )
    for (const none of [null, undefined, "x", 1]) {
      // JavaScript callers pass what the types forbid.
      expect(message(none as never)).toMatch(/must be a schema of Effect, a Standard Schema or a JSON Schema object/)
    }
    expect(message([1])).toMatch(/must be a schema of Effect, a Standard Schema or a JSON Schema object/)
  })
})

it("has the type of what a schema decodes to", () => {
  expectTypeOf<TypeOf<typeof Ticket>>().toEqualTypeOf<typeof Ticket.Type>()
  expectTypeOf<TypeOf<typeof zodTicket>>().toEqualTypeOf<z.infer<typeof zodTicket>>()
  expectTypeOf<TypeOf<{ type: "object" }>>().toEqualTypeOf<unknown>()
  expectTypeOf<ContextOf<typeof zodTicket>>().toEqualTypeOf<never>()
})
