/**
 * Reads the facts in a model's answer. Models deviate from the requested format, so the reader accepts a bare list,
 * facts that are strings, members under likely names, and any text around the JSON.
 */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { decoder, is } from "../../../schema/Compiled.js"
import { JsonObject } from "../../../schema/Field.js"
import { jsonValuesIn } from "../../text/JsonInText.js"

/** The members that hold the sentence of a fact, by preference. */
const SENTENCES = ["content", "memory", "fact", "text", "statement"]
/** The members that hold the facts of an answer, by preference. */
const LISTS = ["memories", "facts"]

/** A member of another type than expected counts as absent. */
const lenient = <A, I>(schema: Schema.Schema<A, I>, absent: A) =>
  Schema.optionalWith(schema.annotations({ decodingFallback: () => Either.right(absent) }), { default: () => absent })

/** The items of a list, or the only one. */
const listOf = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [value])

/** The items that a schema decodes, of a list of anything. */
const eachOf = <A, I>(item: Schema.Schema<A, I>) => {
  const decode = decoder(item)
  return Schema.transform(Schema.Unknown, Schema.Array(Schema.typeSchema(item)), {
    strict: true,
    decode: (value) => listOf(value).flatMap((each) => Option.toArray(Either.getRight(decode(each)))),
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
  /** The numbers of the known memories that the fact replaces; some may not exist. */
  supersedes: lenient<ReadonlyArray<number>, unknown>(eachOf(Schema.Union(Schema.Int, Schema.NumberFromString)), [])
})

/** A fact that a user stated. */
export type Fact = typeof Fact.Type

const decode = decoder(Fact)
const decodeFact = (value: unknown) => Either.getRight(decode(value))
const isObject = is(JsonObject)

const factOf = (value: unknown): Option.Option<Fact> => {
  if (!isObject(value)) return decodeFact({ content: value })
  const name = SENTENCES.find((name) => typeof value[name] === "string")
  return name === undefined ? Option.none() : decodeFact({ ...value, content: value[name] })
}

/** The facts of one JSON value. A list of malformed facts alone is not an answer. */
const factsIn = (value: unknown): Option.Option<ReadonlyArray<Fact>> => {
  const list = isObject(value) ? LISTS.map((name) => value[name]).find((list) => list != null) : value
  if (list === undefined) return Option.none()
  const items = listOf(list)
  const facts = items.flatMap((item) => Option.toArray(factOf(item)))
  return facts.length === 0 && items.length > 0 ? Option.none() : Option.some(facts)
}

/**
 * The facts of an answer: those of its last JSON object that holds some or an empty list, else those of its last such
 * array. None if there is neither, which is not the same as nothing to note.
 */
export const factsOf = (answer: string): Option.Option<ReadonlyArray<Fact>> => {
  const values = jsonValuesIn(answer).toReversed()
  const [objects, arrays] = [values.filter(isObject), values.filter((value) => !isObject(value))]
  return Option.firstSomeOf([...objects, ...arrays].map(factsIn))
}
