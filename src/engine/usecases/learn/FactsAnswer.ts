/** Reads the facts in a model's answer. */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { decoder } from "../../../schema/Compiled.js"
import { JsonObject } from "../../../schema/Field.js"
import { parsePeriod } from "../../text/Periods.js"
import { itemsOf, reader, withContent } from "./ListAnswer.js"

/** The members that hold the sentence of a fact, by preference. */
const SENTENCES = ["content", "memory", "fact", "text", "statement"]
/** The members that hold the facts of an answer, by preference. */
const LISTS = ["memories", "facts"]

/** A member of another type than expected counts as absent. */
const lenient = <A, I>(schema: Schema.Schema<A, I>, absent: A) =>
  Schema.optionalWith(schema.annotations({ decodingFallback: () => Either.right(absent) }), { default: () => absent })

/** The time of a fact, as a model writes it. Anything else counts as absent. */
const Time = Schema.transform(
  Schema.Unknown,
  Schema.UndefinedOr(Schema.Struct({ from: Schema.Number, until: Schema.Number })),
  {
    strict: true,
    decode: (value) => (typeof value === "string" || typeof value === "number" ? parsePeriod(`${value}`) : undefined),
    encode: (period) => period
  }
)

/** The items that a schema decodes, of a list of anything. */
const eachOf = <A, I>(item: Schema.Schema<A, I>) => {
  const decode = decoder(item)
  return Schema.transform(Schema.Unknown, Schema.Array(Schema.typeSchema(item)), {
    strict: true,
    decode: (value) => itemsOf(value).flatMap((each) => Option.toArray(Either.getRight(decode(each)))),
    encode: (items) => items
  })
}

const Fact = Schema.Struct({
  content: Schema.compose(Schema.Trim, Schema.NonEmptyString),
  entities: lenient<ReadonlyArray<JsonObject>, unknown>(eachOf(JsonObject), []),
  sentiment: lenient(
    Schema.compose(Schema.Union(Schema.Number, Schema.NumberFromString), Schema.Number.pipe(Schema.clamp(-1, 1))),
    0
  ),
  /** When it happened or will happen, if it says so. */
  time: Schema.optionalWith(Time, { default: () => undefined }),
  /** The numbers of the known memories that the fact replaces; some may not exist. */
  supersedes: lenient<ReadonlyArray<number>, unknown>(eachOf(Schema.Union(Schema.Int, Schema.NumberFromString)), [])
})

/** A fact that a user stated. */
export type Fact = typeof Fact.Type

const decode = decoder(Fact)

/** The facts of an answer. None if it holds no list of them, which is not the same as nothing to note. */
export const factsOf = reader(LISTS, (item) =>
  Option.flatMap(withContent(SENTENCES, item), (fact) => Either.getRight(decode(fact)))
)
