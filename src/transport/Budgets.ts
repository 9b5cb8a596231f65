import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import { TimeoutError } from "../schema/Errors.js"
import { unknownOption } from "../schema/names.js"
import type { Call } from "./errors.js"
import type { TimeoutOption } from "./RequestOptions.js"

/** The time budgets of a call. An absent one is unlimited. */
export interface Budgets {
  readonly headers?: Duration.Duration | undefined
  readonly idle?: Duration.Duration | undefined
  readonly total?: Duration.Duration | undefined
}

const DEFAULT = Duration.seconds(300)

const isParts = (timeout: TimeoutOption): timeout is Exclude<TimeoutOption, Duration.DurationInput> =>
  typeof timeout === "object" && timeout !== null && !Array.isArray(timeout) && !Duration.isDuration(timeout)

const decode = (input: Duration.DurationInput | undefined): Either.Either<Duration.Duration | undefined, string> => {
  if (input === undefined) return Either.right(undefined)
  const duration = Duration.decodeUnknown(input)
  return duration._tag === "Some" && Duration.greaterThan(duration.value, Duration.zero)
    ? Either.right(duration.value)
    : Either.left(
        `timeout must be milliseconds or a duration such as "30 seconds", above zero, not ${JSON.stringify(input)}.`
      )
}

/** The budgets of an option, or the message of an invalid one. */
export const make = (timeout: TimeoutOption | undefined): Either.Either<Budgets, string> => {
  if (timeout === undefined) return Either.right({})
  if (!isParts(timeout)) return Either.map(decode(timeout), (total) => ({ total }))
  const unknown = unknownOption("timeout", timeout, { headers: true, idle: true, total: true })
  if (unknown !== undefined) return Either.left(unknown.message)
  return Either.all({ headers: decode(timeout.headers), idle: decode(timeout.idle), total: decode(timeout.total) })
}

/** The budgets of a call over those of its client. */
export const over = (client: Budgets, call: Budgets): Budgets => ({
  headers: call.headers ?? client.headers,
  idle: call.idle ?? client.idle,
  total: call.total ?? client.total
})

/** The budgets of a unary call. The default total is 300 seconds, as in the Python client. */
export const unary = (budgets: Budgets): Budgets & { readonly total: Duration.Duration } => ({
  ...budgets,
  total: budgets.total ?? DEFAULT
})

/** The budgets of a stream: no total; by default 300 seconds for the headers and between two chunks. */
export const streaming = (budgets: Budgets) => ({
  headers: budgets.headers ?? DEFAULT,
  idle: budgets.idle ?? DEFAULT
})

const explanation = {
  headers: "no response headers within",
  idle: "no data for",
  total: "not finished within"
} as const

/** The error of a budget that has run out. */
export const exceeded = (phase: TimeoutError["phase"], budget: Duration.Duration, call: Call): TimeoutError =>
  new TimeoutError({
    message: `${call.method} ${call.path}: ${explanation[phase]} ${Duration.format(budget)}. Raise \`timeout.${phase}\` if it may take that long.`,
    phase,
    ...call
  })
