/** Compiled decoders and encoders give what Schema's own give: the same values, the same refusals, in the same words. */
import { inspect, isDeepStrictEqual } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Chat from "../../src/schema/Chat.js"
import * as ChatCompletion from "../../src/schema/ChatCompletion.js"
import { decoder, encoder } from "../../src/schema/Compiled.js"
import { Items } from "../../src/schema/Resource.js"
import { entities, payloads } from "./arbitraries.js"

type Result = Either.Either<unknown, ParseResult.ParseError>

type Outcome = "taken" | "refused"

const faultsOf = (error: ParseResult.ParseError) =>
  ParseResult.ArrayFormatter.formatErrorSync(error).map(({ message, path }) => ({ message, path }))

/** Equal values; or refusals, of which the compiled one names some of Schema's faults, in Schema's words. */
const same = (compiled: Result, own: Result): Outcome => {
  if (Either.isRight(own) || Either.isRight(compiled)) {
    if (!isDeepStrictEqual(compiled, own)) expect(compiled).toEqual(own)
    return "taken"
  }
  const faults = faultsOf(compiled.left)
  expect(faults.length).toBeGreaterThan(0)
  expect(faultsOf(own.left)).toEqual(expect.arrayContaining(faults))
  return "refused"
}

const all = { errors: "all" } as const

/** Compares the two decoders. */
const agree = (schema: Schema.Schema.AnyNoContext, input: unknown): Outcome =>
  same(decoder(schema)(input), Schema.decodeUnknownEither(schema, all)(input))

/** Compares the two encoders, and checks that the value is left unchanged. */
const agreeToWrite = (schema: Schema.Schema.AnyNoContext, value: unknown): Outcome => {
  const before = inspect(value, { depth: null })
  same(encoder(schema)(value), Schema.encodeUnknownEither(schema, all)(value))
  const options = { onExcessProperty: "error" } as const
  const own = Schema.encodeUnknownEither(schema, { ...options, ...all })(value)
  const taken = same(encoder(schema, options)(value), own)
  expect(inspect(value, { depth: null })).toBe(before)
  return taken
}

/** The replacements of a part: other JSON, and values that JSON lacks. */
const other = FastCheck.oneof(
  FastCheck.jsonValue(),
  FastCheck.constantFrom(undefined, null, "", 0, -1, "2031-04-05T06:07:08Z", 1935000000, [], {}, { a: 1 }, Number.NaN)
)

/** A copy with one part replaced, left out or added: which part, the numbers say. */
const changed = (value: unknown, places: ReadonlyArray<number>, part: unknown): unknown => {
  const [place, ...deeper] = places
  if (place === undefined || typeof value !== "object" || value === null) return part
  if (Array.isArray(value)) {
    const at = place % (value.length + 1)
    return at === value.length ? [...value, part] : value.with(at, changed(value[at], deeper, part))
  }
  const entries = Object.entries(value)
  const at = place % (entries.length + 2)
  if (at === entries.length) return { ...value, unknown_member: part }
  if (at > entries.length) return Object.fromEntries(entries.slice(1))
  return Object.fromEntries(
    entries.map(([name, one], index) => [name, index === at ? changed(one, deeper, part) : one])
  )
}

const schemas: Readonly<Record<string, Schema.Schema.AnyNoContext>> = {
  ...entities,
  ...payloads,
  ChatStreamEvent: Chat.ChatStreamEvent,
  ChatCompletionChunk: ChatCompletion.ChatCompletionChunk,
  CompletionChunk: ChatCompletion.CompletionChunk
}

describe("compiled codecs agree with Schema on", () => {
  for (const [name, schema] of Object.entries(schemas)) {
    it(name, () => {
      const seen = { taken: 0, refused: 0 }
      const written = { taken: 0, refused: 0 }
      const places = FastCheck.array(FastCheck.nat({ max: 30 }), { maxLength: 4 })
      // A name made up for an unknown member may be that of a known one: such a value is none of the schema.
      const values = Arbitrary.make(schema).filter(Schema.is(schema))
      FastCheck.assert(
        FastCheck.property(values, places, other, (value, places, part) => {
          const wire: unknown = Schema.encodeSync(schema)(value)
          seen[agree(schema, wire)]++
          seen[agree(schema, changed(wire, places, part))]++
          written[agreeToWrite(schema, value)]++
          written[agreeToWrite(schema, changed(value, places, part))]++
        }),
        // Shrinking values of this size takes minutes; the first one that fails says enough.
        { numRuns: 60, endOnFailure: true }
      )
      expect(Math.min(seen.taken, written.taken)).toBeGreaterThan(0)
    })
  }

  const made: ReadonlyArray<
    readonly [what: string, schema: Schema.Schema.AnyNoContext, inputs: ReadonlyArray<unknown>]
  > = [
    ["a tuple with a rest", Schema.Tuple([Schema.String], Schema.Number), [["a"], ["a", 1, 2], [], ["a", "b"], [1]]],
    ["an optional element", Schema.Tuple(Schema.String, Schema.optionalElement(Schema.Number)), [["a"], ["a", 1]]],
    ["a default", Schema.Struct({ a: Schema.optionalWith(Schema.Number, { default: () => 7 }) }), [{}, { a: 1 }, 3]],
    [
      "another name",
      Schema.Struct({
        a: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("b")),
        c: Schema.optional(Schema.Number)
      }),
      [{ b: "x" }, { b: "x", c: 1 }, { a: "x" }, { b: 1 }]
    ],
    ["a list, or none", Items(Schema.NumberFromString), [{ items: ["1"] }, { items: null }, {}, { items: ["x"] }, []]],
    ["a class", Schema.DataFromSelf(Schema.Struct({ a: Schema.Number })), [{ a: 1 }, 1]],
    ["a record of numbers", Schema.Record({ key: Schema.String, value: Schema.Number }), [{ a: 1 }, { a: "1" }, []]],
    ["any object", Schema.Struct({}), [{}, [], 1, null, undefined]],
    ["a number in a text", Schema.NumberFromString.pipe(Schema.int()), ["1", "1.5", "x", 1]],
    ["a date", Schema.Date, ["2031-04-05T06:07:08Z", "soon", 5]],
    [
      "a recursion",
      Schema.Array(
        Schema.suspend((): Schema.Schema.AnyNoContext => Schema.Union(Schema.String, Schema.Array(Schema.String)))
      ),
      [["a", ["b"]], [[1]]]
    ],
    ["bytes", Schema.Uint8ArrayFromBase64, ["AA==", "!", 1]],
    [
      "an enum and a template",
      Schema.Union(Schema.TemplateLiteral("a", Schema.Number), Schema.Literal("b", 1, null)),
      ["a1", "a", "b", 1, null]
    ],
    [
      "a tag behind a record",
      Schema.Union(
        Schema.Record({ key: Schema.String, value: Schema.Unknown }),
        Schema.Struct({ type: Schema.Literal("t"), at: Schema.Date })
      ),
      [{ type: "t", at: "1970-01-01T00:00:00Z" }, { type: "t", at: new Date(0) }, { type: "u", at: 1 }, "t"]
    ],
    [
      "members that are overlapped deep inside",
      Schema.Union(
        Schema.Struct({ a: Schema.Struct({ x: Schema.String }) }),
        Schema.Struct({ a: Schema.Unknown }),
        Schema.Struct({ a: Schema.Struct({ x: Schema.String }) }).pipe(Schema.filter(() => true))
      ),
      [{ a: { x: "x", y: 1 } }, { a: { x: "x" }, b: 1 }, { a: 1 }]
    ],
    [
      "names that are symbols, or not listed",
      Schema.Union(Schema.Struct({ a: Schema.String }), Schema.Record({ key: Schema.String, value: Schema.Unknown })),
      [
        { a: "x", [Symbol.for("s")]: 1 },
        { b: "x", [Symbol.for("s")]: 1 },
        Object.defineProperty({ a: "x" }, "hidden", { value: 1, enumerable: false })
      ]
    ],
    [
      "members that overlap",
      Schema.Union(
        Schema.Struct({ a: Schema.String }),
        Schema.Struct({ a: Schema.String, b: Schema.NumberFromString })
      ),
      [{ a: "x", b: "1" }, { a: "x", b: 1 }, { a: "x" }, { a: "x", c: 1 }]
    ],
    [
      "a tagged union",
      Schema.Union(
        Schema.Struct({ type: Schema.Literal("a"), a: Schema.Number }),
        Schema.Struct({ type: Schema.Literal("b") })
      ),
      [{ type: "a", a: 1 }, { type: "b" }, { type: "a" }, { type: "c" }]
    ],
    [
      "a member called __proto__",
      Schema.Struct({ a: Schema.String }, { key: Schema.String, value: Schema.Unknown }),
      [JSON.parse('{"a":"x","__proto__":{"b":1}}')]
    ]
  ]
  for (const [what, schema, inputs] of made) {
    it(what, () => {
      for (const input of inputs) {
        agree(schema, input)
        agreeToWrite(schema, input)
        const value = Schema.decodeUnknownEither(schema)(input)
        if (Either.isRight(value)) {
          agreeToWrite(schema, value.right)
          agreeToWrite(schema, changed(value.right, [7], "other"))
        }
      }
    })
  }

  it("a member with a fallback", () => {
    const fallback = Schema.Struct({ a: Schema.Number.annotations({ decodingFallback: () => Either.right(7) }) })
    expect(Either.getOrThrow(decoder(fallback)({ a: "x" }))).toEqual({ a: 7 })
  })
})
