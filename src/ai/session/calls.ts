/** Calls of tools as sessions carry them: the content of a `function_call` message. */
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"

/** A call of a session's reply. Its arguments are JSON text. */
export interface SessionCall {
  readonly id: string | undefined
  readonly name: string
  readonly arguments: string
}

/** The value of a JSON text; `undefined` if it is none. */
export const parse = (text: string): unknown => Either.getOrUndefined(Either.try((): unknown => JSON.parse(text)))

/** The call in the content of a message; `undefined` if it is none. */
export const callIn = (content: string): SessionCall | undefined => {
  const value = parse(content)
  if (!Predicate.isRecord(value) || typeof value["name"] !== "string") return undefined
  const { arguments: args, id, name } = value
  return {
    id: typeof id === "string" && id !== "" ? id : undefined,
    name,
    arguments: typeof args === "string" ? args : JSON.stringify(args ?? {})
  }
}
