/** The input of commands that create and change: options for common members, and JSON for all of them. */
import * as fs from "node:fs/promises"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type { JsonObject } from "../schema/Field.js"
import { UsageError } from "./exitCodes.js"
import { Stdio } from "./output.js"

/** The option that takes a whole input. */
export const data = {
  data: Options.text("data").pipe(
    Options.withPseudoName("JSON"),
    Options.withDescription(
      "The members as a JSON object, or @FILE to read it from a file, or - from the input. Options for single members take precedence."
    ),
    Options.optional
  )
}

/** An option for a text. */
export const text = (name: string, description: string) =>
  Options.text(name).pipe(Options.withDescription(description), Options.optional)

/** An option that may be given several times. */
export const texts = (name: string, description: string) =>
  Options.text(name).pipe(Options.withDescription(`${description} May be given several times.`), Options.repeated)

/** The object that a text of JSON is. */
export const jsonOf = (option: string, text: string): Effect.Effect<JsonObject, UsageError> =>
  Effect.try({
    try: (): unknown => JSON.parse(text),
    // The message of the parser would quote the text.
    catch: () => new UsageError({ message: `${option} is not JSON. Write an object such as '{"name": "Ada"}'.` })
  }).pipe(
    Effect.filterOrFail(
      (value): value is JsonObject => Predicate.isReadonlyRecord(value),
      () => new UsageError({ message: `${option} must be a JSON object such as '{"name": "Ada"}'.` })
    )
  )

const readData = (given: string): Effect.Effect<string, UsageError, Stdio> => {
  if (given === "-") return Effect.flatMap(Stdio, ({ read }) => read)
  if (!given.startsWith("@")) return Effect.succeed(given)
  const file = given.slice(1)
  return Effect.tryPromise({
    try: () => fs.readFile(file, "utf8"),
    catch: (error) => {
      const why = Predicate.hasProperty(error, "code") ? ` (${error.code})` : ""
      return new UsageError({ message: `--data names the file ${JSON.stringify(file)}, which cannot be read${why}.` })
    }
  })
}

/** The members of an input: those of `--data`, with those of the options that are given. */
export const inputOf = (
  given: Option.Option<string>,
  members: { readonly [name: string]: Option.Option<unknown> | ReadonlyArray<unknown> }
): Effect.Effect<JsonObject, UsageError, Stdio> =>
  Effect.gen(function* () {
    const whole = Option.isSome(given) ? yield* jsonOf("--data", yield* readData(given.value)) : {}
    const single = Object.entries(members).flatMap(([name, value]) => {
      if (!Option.isOption(value)) return value.length === 0 ? [] : [[name, value] as const]
      return Option.isSome(value) ? [[name, value.value] as const] : []
    })
    return { ...whole, ...Object.fromEntries(single) }
  })

/** The object of an option that takes JSON. */
export const objectOf = (
  option: string,
  given: Option.Option<string>
): Effect.Effect<Option.Option<JsonObject>, UsageError> =>
  Option.isSome(given) ? Effect.map(jsonOf(option, given.value), Option.some) : Effect.succeed(Option.none())

/** The option for metadata. */
export const metadata = {
  metadata: Options.text("metadata").pipe(
    Options.withPseudoName("JSON"),
    Options.withDescription("A JSON object, which --filter of list can match."),
    Options.optional
  )
}
