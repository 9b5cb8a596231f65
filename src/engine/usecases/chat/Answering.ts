/** How requests of `/v1` are answered. */
import type * as Effect from "effect/Effect"
import type { JsonObject } from "../../../schema/Field.js"
import type { OpenAiError, RelayAnswer } from "../../ports/Model.js"
import type { Failure } from "../Failure.js"
import type { Opened } from "./OpenStream.js"

/** Why a request of `/v1` is not answered. */
export type CompletionsFailure = Failure | OpenAiError

/** The status and the headers of an endpoint's answer. */
export type Head = Pick<RelayAnswer, "status" | "headers">

/** A whole answer of an endpoint, as it came. */
export interface Relayed {
  readonly _tag: "Relayed"
  readonly head: Head
  readonly body: Uint8Array
}

/** A whole answer of `/v1`: of an endpoint, or of the engine. */
export type WholeAnswer = Relayed | { readonly _tag: "Json"; readonly json: JsonObject }

/** A streamed answer of `/v1`: the bytes of an endpoint as they come, or the data of events of the engine. */
export type StreamedAnswer =
  | ({ readonly _tag: "Bytes" } & Opened<Uint8Array, Head, CompletionsFailure>)
  | ({ readonly _tag: "Events" } & Opened<string, void, CompletionsFailure>)

/** How a request is answered. Only a whole answer can be kept under a key. */
export type Answering =
  | { readonly _tag: "Whole"; readonly run: Effect.Effect<WholeAnswer, CompletionsFailure> }
  | { readonly _tag: "Streamed"; readonly run: Effect.Effect<StreamedAnswer, CompletionsFailure> }

/** Answers a request with a whole body. */
export const whole = (run: Effect.Effect<WholeAnswer, CompletionsFailure>): Answering => ({ _tag: "Whole", run })

/** Answers a request with a stream. */
export const streamed = (run: Effect.Effect<StreamedAnswer, CompletionsFailure>): Answering => ({
  _tag: "Streamed",
  run
})
