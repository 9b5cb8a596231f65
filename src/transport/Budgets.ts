import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import { TimeoutError } from "../schema/Errors.js"
import type { Asked } from "./errors.js"
import type { TimeoutOption } from "./RequestOptions.js"

/** The budgets of a client; what is absent is not limited. */
export interface Budgets {
  readonly headers?: Duration.Duration | undefined
  readonly idle?: Duration.Duration | undefined
  readonly total?: Duration.Duration | undefined
}

const DEFAULT = Duration.seconds(300)

const isParts = (timeout: TimeoutOption): timeout is Exclude<TimeoutOption, Duration.DurationInput> =>
  typeof timeout === "object" && !Array.isArray(timeout) && !Duration.isDuration(timeout)

const decode = (input: Duration.DurationInput | undefined): Either.Either<Duration.Duration | undefined, string> => {
  if (input === undefined) return Either.right(undefined)
  const duration = Duration.decodeUnknown(input)
  return duration._tag === "Some" && Duration.greaterThan(duration.value, Duration.zero)
    ? Either.right(duration.value)
    : Either.left(
        `The timeout ${JSON.stringify(input)} is not a duration above zero. Give milliseconds or "30 seconds".`
      )
}

/** The budgets that an option names, or what is wrong with it. */
export const make = (timeout: TimeoutOption | undefined): Either.Either<Budgets, string> => {
  if (timeout === undefined) return Either.right({})
  if (!isParts(timeout)) return Either.map(decode(timeout), (total) => ({ total }))
  return Either.all({ headers: decode(timeout.headers), idle: decode(timeout.idle), total: decode(timeout.total) })
}

/** What a call was given, else what the client was built with. */
export const over = (own: Budgets, given: Budgets): Budgets => ({
  headers: given.headers ?? own.headers,
  idle: given.idle ?? own.idle,
  total: given.total ?? own.total
})

/** The budgets of a unary call: a total of 300 seconds, as the Python client had. */
export const unary = (budgets: Budgets): Budgets & { readonly total: Duration.Duration } => ({
  ...budgets,
  total: budgets.total ?? DEFAULT
})

/** The budgets of a stream: no total, 300 seconds for the headers and between two pieces. */
export const streaming = (budgets: Budgets) => ({
  headers: budgets.headers ?? DEFAULT,
  idle: budgets.idle ?? DEFAULT
})

const explanation = {
  headers: "has not begun to answer within",
  idle: "has sent nothing for",
  total: "took longer than"
} as const

/** The error of a budget that ran out. */
export const exceeded = (phase: TimeoutError["phase"], budget: Duration.Duration, asked: Asked): TimeoutError =>
  new TimeoutError({
    message: `${asked.method} ${asked.path} ${explanation[phase]} ${Duration.format(budget)}. Raise \`timeout.${phase}\` if it may take that long.`,
    phase,
    ...asked
  })
