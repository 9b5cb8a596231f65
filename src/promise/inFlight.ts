/** The types that calls and streams share. */
import type * as Effect from "effect/Effect"
import { InvalidRequest } from "../schema/Errors.js"
import type * as Service from "../services/Julep.js"
import type { ResponseInfo } from "../services/RequestOptions.js"
import type { JulepError } from "./errors.js"

/** Selects from the assembled client. */
export type Use<A> = (julep: Service.Julep.Service) => A

/** The result of an effect that was started. */
export type Outcome<A> = { readonly ok: true; readonly value: A } | { readonly ok: false; readonly reason: unknown }

/** An effect that is running. */
export interface InFlight {
  /** Interrupts the effect, and waits until it has ended. */
  readonly stop: () => Promise<void>
}

/** Starts an effect and reports its outcome, once, and before it each response of the server. */
export type Start = <A>(
  use: Use<Effect.Effect<A, JulepError>>,
  settle: (outcome: Outcome<A>) => void,
  onResponse?: (info: ResponseInfo) => void
) => InFlight

/** The error of using a client or a stream in a way that is not allowed. */
export const misuse = (message: string): InvalidRequest =>
  new InvalidRequest({ message: `The request was not sent: ${message}`, issues: [] })
