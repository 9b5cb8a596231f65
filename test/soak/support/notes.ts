/** Turns that say which note they are of, and a model that repeats it, so that a history shows whose reply is whose. */
import * as Duration from "effect/Duration"
import * as Layer from "effect/Layer"
import { Embedded } from "../../../src/embedded.js"
import { JobLease } from "../../../src/engine/jobs/JobRunner.js"
import { LeaseTime } from "../../../src/engine/storage/postgres/Lease.js"
import * as Scripted from "../../../src/layers/Scripted.js"
import { contentText } from "../../../src/schema/Message.js"
import { systemOf } from "../../support/turns.js"

/** How long, in milliseconds, the sessions, keys and jobs of a process that was killed wait for others. */
export const LEASE = 2000

/** What the user says, and what the model replies. */
export const noteOf = (note: string): string => `My note is ${note}.`
export const replyTo = (note: string): string => `I have ${note}.`

const NOTE = /My note is (\S+)\./g

/** The last note that a text names. */
const named = (text: string): string => [...text.matchAll(NOTE)].at(-1)?.[1] ?? "none"

/** What a model that repeats notes answers to the last message of a request: its reply, or the one fact of the turn. */
export const answerTo = (system: string, last: string) => {
  const note = named(last)
  const isFacts = system.startsWith("You note what")
  const answer = isFacts ? JSON.stringify({ memories: [{ content: `A note is ${note}.` }] }) : replyTo(note)
  return { answer, isFacts, note }
}

export interface ModelOptions {
  /** The milliseconds that a request takes. */
  readonly delay?: ((index: number) => number) | undefined
  /** Is run for each request that asks for the facts of a turn, with its note. */
  readonly noted?: ((note: string) => void) | undefined
  /** Is run for each other request. */
  readonly asked?: (() => void) | undefined
}

/** A model that repeats the note of a turn, and finds one fact in it. */
export const model = ({ asked, delay = () => 0, noted }: ModelOptions = {}) =>
  Scripted.layer(
    (request, index) => {
      const last = request.messages.at(-1)?.content ?? ""
      const { answer, isFacts, note } = answerTo(systemOf(request), typeof last === "string" ? last : contentText(last))
      if (isFacts) noted?.(note)
      else asked?.()
      return Scripted.delay(Duration.millis(delay(index)), answer)
    },
    { instructable: true }
  )

/** An engine on a PostgreSQL database, with short leases. */
export const engine = (url: string, options: ModelOptions = {}, poolSize = 4) =>
  Embedded.layer({ storage: { url, poolSize }, model: model(options) }).pipe(
    Layer.provide(Layer.merge(Layer.succeed(LeaseTime, LEASE), Layer.succeed(JobLease, LEASE)))
  )

/** How a call failed, in a few words. */
export const failureOf = (error: object): string =>
  ["_tag", "status", "code"].map((name) => String(Reflect.get(error, name))).join(" ")

/** What a process reports to its parent: a turn that was acknowledged, a turn that failed, or a fact. */
export type Line =
  | { readonly _tag: "Turn"; readonly session: string; readonly note: string; readonly ids: ReadonlyArray<string> }
  | { readonly _tag: "Failure"; readonly failure: string }
  | { readonly _tag: "Noted"; readonly note: string }

export const lineOf = (text: string): Line => JSON.parse(text)
