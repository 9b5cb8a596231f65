/** What running a call and reading a stream have in common. */
import type * as Effect from "effect/Effect"
import { InvalidRequest, type RequestError } from "../schema/Errors.js"
import type * as Service from "../services/Julep.js"

/** What a call asks of the assembled client. */
export type Use<A> = (julep: Service.Julep.Service) => A

/** How something that was launched came out. */
export type Outcome<A> = { readonly ok: true; readonly value: A } | { readonly ok: false; readonly reason: unknown }

/** Something in flight. */
export interface Flight {
  /** Stops it, and waits until it has stopped. */
  readonly stop: () => Promise<void>
}

/** Runs an effect and tells how it came out, once. */
export type Launch = <A>(use: Use<Effect.Effect<A, RequestError>>, settle: (outcome: Outcome<A>) => void) => Flight

/** What is wrong with how a client or a stream is used. */
export const misuse = (message: string): InvalidRequest =>
  new InvalidRequest({ message: `The request was not sent: ${message}`, issues: [] })
