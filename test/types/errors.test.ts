/** Exact error unions: `tsc` checks them, and so does the runner. */
import { describe, expectTypeOf, it } from "@effect/vitest"
import type * as ConfigError from "effect/ConfigError"
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type {
  Agents,
  BadRequest,
  Chat,
  Completions,
  Conflict,
  ConnectionError,
  Docs,
  InvalidRequest,
  Jobs,
  Julep,
  JulepConfig,
  JulepConfigError,
  JulepError,
  Memories,
  NotFound,
  RateLimited,
  RequestError,
  ServerError,
  Sessions,
  StreamInterrupted,
  TimeoutError,
  Tools,
  Unauthorized,
  UnexpectedResponse,
  UnprocessableRequest,
  Users
} from "../../src/index.js"

/** The errors of every function of a service that gives an effect or a stream. */
type Failures<Service> = {
  [Method in keyof Service]: Service[Method] extends (...args: never) => infer Result
    ? Result extends Effect.Effect<infer _A, infer E, infer _R>
      ? E
      : Result extends Stream.Stream<infer _A, infer E, infer _R>
        ? E
        : never
    : never
}[keyof Service]

/** The services that the functions of a service still require: none. */
type Requirements<Service> = {
  [Method in keyof Service]: Service[Method] extends (...args: never) => infer Result
    ? Result extends Effect.Effect<infer _A, infer _E, infer R>
      ? R
      : Result extends Stream.Stream<infer _A, infer _E, infer R>
        ? R
        : unknown
    : unknown
}[keyof Service]

/** The types of runs are inferred from their tools: see `run.test.ts`. */
type WithoutRuns = Omit<Sessions.Service, "run" | "runStream" | "resume" | "resumeStream">

describe("error unions", () => {
  it("a call fails with these, and no others", () => {
    expectTypeOf<RequestError>().toEqualTypeOf<
      | InvalidRequest
      | BadRequest
      | Unauthorized
      | NotFound
      | Conflict
      | UnprocessableRequest
      | RateLimited
      | ServerError
      | UnexpectedResponse
      | ConnectionError
      | TimeoutError
      | StreamInterrupted
    >()
    expectTypeOf<JulepError>().toEqualTypeOf<JulepConfigError | RequestError>()
    expectTypeOf<JulepError["_tag"]>().toEqualTypeOf<
      | "JulepConfigError"
      | "InvalidRequest"
      | "BadRequest"
      | "Unauthorized"
      | "NotFound"
      | "Conflict"
      | "UnprocessableRequest"
      | "RateLimited"
      | "ServerError"
      | "UnexpectedResponse"
      | "ConnectionError"
      | "TimeoutError"
      | "StreamInterrupted"
    >()
    expectTypeOf<JulepError["message"]>().toEqualTypeOf<string>()
  })

  it("every method of every manager fails with RequestError and requires nothing", () => {
    expectTypeOf<Failures<Agents.Service>>().toEqualTypeOf<RequestError>()
    expectTypeOf<Failures<Users.Service>>().toEqualTypeOf<RequestError>()
    expectTypeOf<Failures<WithoutRuns>>().toEqualTypeOf<RequestError>()
    expectTypeOf<Failures<Docs.Service>>().toEqualTypeOf<RequestError>()
    expectTypeOf<Failures<Memories.Service>>().toEqualTypeOf<RequestError>()
    expectTypeOf<Failures<Tools.Service>>().toEqualTypeOf<RequestError>()
    expectTypeOf<Failures<Jobs.Service>>().toEqualTypeOf<RequestError>()
    expectTypeOf<Failures<Chat.Service["completions"]>>().toEqualTypeOf<RequestError>()
    expectTypeOf<Failures<Completions.Service>>().toEqualTypeOf<RequestError>()
    type All =
      | Requirements<Agents.Service>
      | Requirements<Users.Service>
      | Requirements<WithoutRuns>
      | Requirements<Docs.Service>
      | Requirements<Memories.Service>
      | Requirements<Tools.Service>
      | Requirements<Jobs.Service>
      | Requirements<Chat.Service["completions"]>
      | Requirements<Completions.Service>
    expectTypeOf<All>().toEqualTypeOf<never>()
  })

  it("layers fail with JulepConfigError alone, never with a ConfigError", () => {
    expectTypeOf<Layer.Layer.Error<ReturnType<typeof Julep.layerFetch>>>().toEqualTypeOf<JulepConfigError>()
    expectTypeOf<Layer.Layer.Error<ReturnType<typeof Julep.layer>>>().toEqualTypeOf<JulepConfigError>()
    expectTypeOf<Layer.Layer.Error<ReturnType<typeof JulepConfig.layerConfig>>>().toEqualTypeOf<JulepConfigError>()
    expectTypeOf<Effect.Effect.Error<ReturnType<typeof Julep.make>>>().toEqualTypeOf<JulepConfigError>()
    expectTypeOf<Layer.Layer.Error<typeof Julep.layerManagers>>().toEqualTypeOf<never>()
    expectTypeOf<Layer.Layer.Context<ReturnType<typeof Julep.layerFetch>>>().toEqualTypeOf<never>()
    expectTypeOf<JulepConfigError>().not.toExtend<ConfigError.ConfigError>()
  })

  it("the union is a schema of itself", () => {
    expectTypeOf<Schema.Schema.Type<typeof import("../../src/index.js").JulepError>>().toEqualTypeOf<JulepError>()
  })
})
