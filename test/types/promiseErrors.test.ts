/** `JulepError` of the promises is what their methods can reject with: `tsc` checks it, and so does the runner. */
import { describe, expectTypeOf, it } from "@effect/vitest"
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import type { Embedded } from "../../src/embedded.js"
import type * as Service from "../../src/index.js"
import type * as Engine from "../../src/promise/embedded.js"
import type { JulepError } from "../../src/promise/index.js"

/** What an effect, a stream or a layer can fail with. */
type ErrorOf<Result> =
  Result extends Effect.Effect<infer _A, infer E, infer _R>
    ? E
    : Result extends Stream.Stream<infer _A, infer E, infer _R>
      ? E
      : Result extends Layer.Layer<infer _A, infer E, infer _R>
        ? E
        : never

/** What the functions of a service can fail with. */
type ErrorsOf<Manager> = {
  [Method in keyof Manager]: Manager[Method] extends (...args: never) => infer Result ? ErrorOf<Result> : never
}[keyof Manager]

/** The managers of the client, which the promises call. Errors of tools are those of the caller. */
type Managers = {
  [Name in keyof Service.Julep.Service]: Name extends "chat"
    ? ErrorsOf<Service.Chat.Service["completions"]>
    : Name extends "sessions"
      ? ErrorsOf<Omit<Service.Sessions.Service, Runs>> | RunErrors
      : ErrorsOf<Service.Julep.Service[Name]>
}[keyof Service.Julep.Service]

type Runs = "run" | "runStream" | "resume" | "resumeStream"
/** A run with tools that do not fail. */
type RunErrors = Service.ChatError | Service.RequestError | Service.RunError<Record<never, never>, never, never>

type EngineErrors = ErrorsOf<typeof Engine>

describe("JulepError", () => {
  it("is the union of what methods, and an engine that starts, can fail with", () => {
    expectTypeOf<JulepError>().toEqualTypeOf<
      Managers | EngineErrors | ErrorOf<ReturnType<typeof Service.Julep.layerFetch>>
    >()
    expectTypeOf<Embedded.Failure>().toExtend<JulepError>()
  })

  it("can be told apart by its tags, and every error has a message", () => {
    expectTypeOf<Extract<JulepError, { readonly _tag: "MaxRoundsExceeded" }>["rounds"]>().toExtend<
      ReadonlyArray<unknown>
    >()
    expectTypeOf<JulepError["message"]>().toEqualTypeOf<string>()
  })
})
