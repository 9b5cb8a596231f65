/**
 * Reads the list that a model was asked for. Models deviate from the requested format, so the reader accepts a bare list, a
 * list under likely names, items that are texts, and any text around the JSON.
 */
import * as Option from "effect/Option"
import { is } from "../../../schema/Compiled.js"
import { JsonObject } from "../../../schema/Field.js"
import { jsonValuesIn } from "../../../schema/jsonInText.js"

const isObject = is(JsonObject)

/** The items of a list, or the only one. */
export const itemsOf = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [value])

/**
 * An item as an object with its text under `content`: a text that stands alone, or the first member of these names that has
 * one. None if it has no text.
 */
export const withContent = (names: ReadonlyArray<string>, item: unknown): Option.Option<JsonObject> => {
  if (!isObject(item)) return Option.some({ content: item })
  const name = names.find((name) => typeof item[name] === "string")
  return name === undefined ? Option.none() : Option.some({ ...item, content: item[name] })
}

/**
 * Makes a reader of answers. `lists` are the members that hold the list, by preference. The items are those of the last JSON
 * object of an answer that holds some or an empty list, else those of the last such array. None if there is neither, or
 * malformed items alone, which is not the same as an empty list.
 */
export const reader = <A>(lists: ReadonlyArray<string>, decode: (item: unknown) => Option.Option<A>) => {
  const itemsIn = (value: unknown): Option.Option<ReadonlyArray<A>> => {
    const list = isObject(value) ? lists.map((name) => value[name]).find((list) => list != null) : value
    if (list === undefined) return Option.none()
    const items = itemsOf(list)
    const decoded = items.flatMap((item) => Option.toArray(decode(item)))
    return decoded.length === 0 && items.length > 0 ? Option.none() : Option.some(decoded)
  }
  return (answer: string): Option.Option<ReadonlyArray<A>> => {
    const values = jsonValuesIn(answer).toReversed()
    const [objects, arrays] = [values.filter(isObject), values.filter((value) => !isObject(value))]
    return Option.firstSomeOf([...objects, ...arrays].map(itemsIn))
  }
}
