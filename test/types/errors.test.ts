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
  CallError,
  Chat,
  ChatError,
  Completions,
  Conflict,
  ConnectionError,
  CreateError,
  Docs,
  GetError,
  InvalidObject,
  InvalidRequest,
  Jobs,
  Julep,
  JulepConfig,
  JulepConfigError,
  JulepError,
  ListError,
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
  Users,
  WriteError
} from "../../src/index.js"

/** The errors of a function that gives an effect or a stream. */
type FailuresOf<Method> = Method extends (...args: never) => infer Result
  ? Result extends Effect.Effect<infer _A, infer E, infer _R>
    ? E
    : Result extends Stream.Stream<infer _A, infer E, infer _R>
      ? E
      : never
  : never

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
type WithoutRuns = Omit<
  Sessions.Service,
  "run" | "runStream" | "resume" | "resumeStream" | "chatObject" | "chatObjectStream"
>

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
    expectTypeOf<JulepError>().toEqualTypeOf<JulepConfigError | InvalidObject | RequestError>()
    expectTypeOf<JulepError["_tag"]>().toEqualTypeOf<
      | "JulepConfigError"
      | "InvalidObject"
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

  it("a method fails with what its operation declares, under a short name", () => {
    expectTypeOf<CallError>().toEqualTypeOf<
      Exclude<RequestError, BadRequest | NotFound | Conflict | StreamInterrupted>
    >()
    expectTypeOf<GetError>().toEqualTypeOf<CallError | NotFound>()
    expectTypeOf<ListError>().toEqualTypeOf<CallError | BadRequest>()
    expectTypeOf<CreateError>().toEqualTypeOf<CallError | BadRequest | Conflict>()
    expectTypeOf<WriteError>().toEqualTypeOf<Exclude<RequestError, StreamInterrupted>>()
    expectTypeOf<ChatError>().toEqualTypeOf<WriteError>()
  })

  it("a read has no Conflict", () => {
    expectTypeOf<FailuresOf<Docs.Service["search"]>>().toEqualTypeOf<GetError | BadRequest>()
    expectTypeOf<FailuresOf<Docs.Service["list"]>>().toEqualTypeOf<GetError | BadRequest>()
  })

  it("only streams of replies are interrupted", () => {
    type Interrupted<Service> = {
      [Method in keyof Service]: StreamInterrupted extends FailuresOf<Service[Method]> ? Method : never
    }[keyof Service]
    expectTypeOf<Interrupted<Agents.Service>>().toEqualTypeOf<never>()
    expectTypeOf<Interrupted<Users.Service>>().toEqualTypeOf<never>()
    expectTypeOf<Interrupted<WithoutRuns>>().toEqualTypeOf<"chatStream">()
    expectTypeOf<Interrupted<Docs.Service>>().toEqualTypeOf<never>()
    expectTypeOf<Interrupted<Memories.Service>>().toEqualTypeOf<never>()
    expectTypeOf<Interrupted<Tools.Service>>().toEqualTypeOf<never>()
    expectTypeOf<Interrupted<Jobs.Service>>().toEqualTypeOf<never>()
    expectTypeOf<Interrupted<Chat.Service["completions"]>>().toEqualTypeOf<"stream">()
    expectTypeOf<Interrupted<Completions.Service>>().toEqualTypeOf<"stream">()
  })

  it("no method of a manager requires anything", () => {
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
