/** Tools of `@effect/ai` as tools of `sessions.run`. */
import * as AiError from "@effect/ai/AiError"
import * as Tool from "@effect/ai/Tool"
import type * as Toolkit from "@effect/ai/Toolkit"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Record from "effect/Record"
import * as Schema from "effect/Schema"
import { InvalidRequest } from "../schema/Errors.js"
import { type Decoder, decoderOf } from "../services/AnySchema.js"
import type { AgentTool } from "../services/run/tool.js"
import { definitionOf } from "./definition.js"

/** The tools of a toolkit, by their names. They fail with the failures of their handlers. */
export type RunTools<Tools extends { readonly [name: string]: Tool.Any }> = {
  readonly [Name in keyof Tools]: AgentTool<Tool.HandlerError<Tools[Name]>, Tool.Requirements<Tools[Name]>>
}

const unfit = (message: string) => new InvalidRequest({ message, issues: [{ path: "tools", message }] })

/** The decoder of the arguments of a tool, with their JSON Schema. */
const decoderFor = (tool: Tool.Any): Either.Either<Decoder<unknown, unknown>, InvalidRequest> =>
  Either.flatMap(Either.mapLeft(definitionOf(tool), unfit), ({ parameters }) =>
    Either.map(decoderOf(tool.parametersSchema), (decoder) => ({ ...decoder, jsonSchema: parameters }))
  )

/** Errors of the toolkit itself are mistakes of its tools: a result that does not fit its own schema. */
const isFromToolkit = (error: unknown): boolean => AiError.isAiError(error) && error.module === "Toolkit"

/** Runs the handler of a tool with encoded arguments. */
type Handle = (name: string, params: unknown) => Effect.Effect<{ readonly encodedResult: unknown }, unknown, unknown>

const toolOf = (tool: Tool.Any, handle: Handle): AgentTool<unknown, unknown> => {
  const decoder = Effect.suspend(() => decoderFor(tool))
  return {
    description: tool.description ?? Tool.getDescriptionFromSchemaAst(tool.parametersSchema.ast),
    parameters: Effect.map(decoder, ({ jsonSchema }) => jsonSchema),
    prepare: (call) =>
      Effect.flatMap(Effect.orDie(decoder), ({ decode }) =>
        Effect.map(decode(call.arguments), (args) => ({
          needsApproval: false,
          // The toolkit decodes arguments itself.
          run: Effect.orDie(Schema.encodeUnknown(tool.parametersSchema)(args)).pipe(
            Effect.flatMap((encoded) => handle(tool.name, encoded)),
            Effect.catchIf(isFromToolkit, Effect.die),
            Effect.map(({ encodedResult }) => encodedResult)
          )
        }))
      )
  }
}

/**
 * The tools of a toolkit of `@effect/ai`, unchanged, for `sessions.run` and `runStream`. It needs the toolkit's handlers,
 * as `toolkit.toLayer` provides them. A failure of a handler fails the run, unless `onToolError` answers it; of a tool with
 * the failure mode `return`, the model reads it. A tool that its provider runs is an `InvalidRequest`.
 *
 * @example
 * ```ts
 * import { Tool, Toolkit } from "@effect/ai"
 * import { type SessionId, Sessions } from "effect-julep"
 * import { toolkit } from "effect-julep/ai"
 * import { Effect, Schema } from "effect"
 *
 * const OrderStatus = Tool.make("order_status", {
 *   description: "Looks up the state of an order by its number",
 *   parameters: { order_number: Schema.Int },
 *   success: Schema.Struct({ state: Schema.String })
 * })
 * const Orders = Toolkit.make(OrderStatus)
 * const handlers = Orders.toLayer({ order_status: () => Effect.succeed({ state: "shipped" }) })
 *
 * const ask = (session: SessionId, question: string) =>
 *   Effect.gen(function* () {
 *     const sessions = yield* Sessions
 *     const { text } = yield* sessions.run(session, question, { tools: yield* toolkit(Orders) })
 *     return text
 *   }).pipe(Effect.provide(handlers))
 * ```
 */
export const toolkit = <Tools extends Record<string, Tool.Any>>(
  toolkit: Toolkit.Toolkit<Tools>
): Effect.Effect<RunTools<Tools>, never, Tool.HandlersFor<Tools>> =>
  Effect.map(
    toolkit,
    ({ handle, tools }) =>
      // The types of a toolkit say more than a record of any tools can.
      Record.map(tools, (tool) => toolOf(tool, handle as unknown as Handle)) as unknown as RunTools<Tools>
  )
