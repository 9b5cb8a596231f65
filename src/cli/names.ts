/** Agents and users by their ids or their names. */
import * as Args from "@effect/cli/Args"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { canonicalUuid, isUuid } from "../schema/Field.js"
import { type Failure, Missing, UsageError } from "./exitCodes.js"

interface Named {
  readonly id: string
  readonly name: string
  readonly key?: string | null | undefined
}

/** How many namesakes an error lists. */
const SHOWN = 5

/** The id of a resource that is given by its id, its key or its name. Fails if several have the name. */
export const idOf = <A extends Named>(
  kind: "agent" | "user",
  given: string,
  all: Stream.Stream<A, Failure>
): Effect.Effect<A["id"], Failure> => {
  const id = canonicalUuid(given)
  if (isUuid(id)) return Effect.succeed(id)
  return Effect.gen(function* () {
    const matching = all.pipe(Stream.filter(({ key, name }) => name === given || key === given))
    const found = Chunk.toReadonlyArray(yield* Stream.runCollect(Stream.take(matching, SHOWN + 1)))
    const [first, second] = found
    if (first === undefined) {
      const message = `There is no ${kind} with the name or id ${JSON.stringify(given)}. \`effect-julep ${kind}s list\` shows those there are.`
      return yield* new Missing({ message })
    }
    if (second === undefined) return first.id
    const ids = found.slice(0, SHOWN).map(({ id }) => id)
    const message = `Several ${kind}s have the name ${JSON.stringify(given)}. Name one by its id: ${ids.join(", ")}${found.length > SHOWN ? ", …" : ""}.`
    return yield* new UsageError({ message })
  })
}

/** An argument that is an id. */
export const idArgument = (kind: string) =>
  Args.text({ name: "id" }).pipe(
    Args.withDescription(`The id of the ${kind}.`),
    Args.mapEffect((given) => {
      const id = canonicalUuid(given)
      return isUuid(id)
        ? Effect.succeed(id)
        : Effect.fail(HelpDoc.p(`The id of a ${kind} is a UUID, which ${JSON.stringify(given)} is not`))
    })
  )

/** An argument that is an id or a name. */
export const nameArgument = (kind: string) =>
  Args.text({ name: "id-or-name" }).pipe(Args.withDescription(`The id of the ${kind}, or its name if only one has it.`))
