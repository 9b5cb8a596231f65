/** Tools that run: a function of the program with the schema of its arguments. `schema/Tool.ts` has the stored ones. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { InvalidRequest } from "../../schema/Errors.js"
import type { JsonObject } from "../../schema/Field.js"
import { type Issue, issuesText } from "../../schema/Issue.js"
import { type ContextOf, type Decoder, decoderOf, type StandardSchema, type TypeOf } from "../AnySchema.js"
import type { ToolCall } from "./toolCalls.js"

/** A call whose arguments fit. */
export interface PreparedCall<out E, out R> {
  readonly needsApproval: boolean
  /** Runs the tool. A text goes to the model as it is, any other value as JSON. */
  readonly run: Effect.Effect<unknown, E, R>
}

/** A tool that runs in this program. `E` are the errors that it fails with, `R` the services that it requires. */
export interface AgentTool<out E = never, out R = never> {
  /** What the tool does, in words for the model. */
  readonly description?: string | undefined
  /** The JSON Schema of the arguments. */
  readonly parameters: Effect.Effect<JsonObject, InvalidRequest>
  /** Decodes the arguments of a call; fails with what does not fit. */
  readonly prepare: (call: ToolCall) => Effect.Effect<PreparedCall<E, R>, ReadonlyArray<Issue>, R>
}

/** The arguments that an input decodes to. A JSON Schema checks no more than that they are an object. */
export type ToolArguments<Input> = Input extends Schema.Schema.All | StandardSchema
  ? TypeOf<Input>
  : Input extends Schema.Struct.Fields
    ? { readonly [Key in keyof Schema.Struct.Type<Input>]: Schema.Struct.Type<Input>[Key] }
    : JsonObject

/** The services that an input is decoded with. */
export type ToolInputServices<Input> = Input extends Schema.Schema.All | StandardSchema
  ? ContextOf<Input>
  : Input extends Schema.Struct.Fields
    ? Schema.Struct.Context<Input>
    : never

/** What a tool is made of. */
export interface ToolOptions<Input extends object, A, E, R> {
  /** What the tool does, in words for the model. */
  readonly description?: string
  /**
   * The arguments: fields of a struct, a schema of Effect, a Standard Schema (zod, valibot, arktype) or a JSON Schema.
   * Default: none.
   */
  readonly input?: Input
  /** Encodes the result. Default: a text as it is, any other value as JSON. */
  readonly output?: Schema.Schema.AnyNoContext & { readonly Type: A }
  /** Whether a call must be approved before it runs. Default: `false`. See `approve` of a run. */
  readonly needsApproval?: boolean | ((args: ToolArguments<Input>) => boolean)
  /** Runs a call. The model receives what it succeeds with; its errors fail the run, unless `onToolError` answers them. */
  readonly execute: (args: ToolArguments<Input>, call: ToolCall) => Effect.Effect<A, E, R>
}

const isFields = (input: object): input is Schema.Struct.Fields =>
  Object.values(input).every((field) => Schema.isSchema(field) || Schema.isPropertySignature(field))

const noArguments: JsonObject = { type: "object", properties: {} }

/** What is wrong with a tool of a program without types. */
const faultOf = ({ execute, needsApproval, output }: { readonly [option: string]: unknown }) => {
  const issues = [
    ...(Predicate.isFunction(execute) ? [] : [{ path: "execute", message: "Expected a function, which runs a call" }]),
    ...(output === undefined || Schema.isSchema(output)
      ? []
      : [{ path: "output", message: "Expected a schema of Effect, or nothing" }]),
    ...(Predicate.isBoolean(needsApproval) || Predicate.isFunction(needsApproval)
      ? []
      : [{ path: "needsApproval", message: "Expected a boolean, or a function of the arguments" }])
  ]
  return issues.length === 0
    ? undefined
    : new InvalidRequest({ message: `The tool cannot be used: ${issuesText(issues)}.`, issues })
}

/** The decoder of an input. The first run makes it: a module that defines tools loads no slower for it. */
const decoderFor = <Input extends object>(input: object) => {
  const fields = !Schema.isSchema(input) && isFields(input)
  const schema = fields ? (Object.keys(input).length === 0 ? noArguments : Schema.Struct(input)) : input
  // The input determines the types.
  return decoderOf(schema) as Either.Either<Decoder<ToolArguments<Input>, ToolInputServices<Input>>, InvalidRequest>
}

/**
 * Makes a tool for `sessions.run`, which offers it to the model, decodes the arguments of each call, runs `execute`, and
 * sends back the result. Errors and requirements of `execute` become those of the run.
 *
 * @example
 * ```ts
 * import { tool } from "effect-julep"
 * import { Effect, Schema } from "effect"
 *
 * const orderStatus = tool({
 *   description: "Looks up the state of an order by its number",
 *   input: { order_number: Schema.Int },
 *   execute: ({ order_number }) => Effect.succeed({ order_number, state: "shipped" })
 * })
 * ```
 */
export const tool = <A, E = never, R = never, Input extends object = JsonObject>({
  description,
  execute,
  input,
  needsApproval = false,
  output
}: ToolOptions<Input, A, E, R>): AgentTool<E, R | ToolInputServices<Input>> => {
  const fault = faultOf({ execute, needsApproval, output })
  const once = (): ReturnType<typeof decoderFor<Input>> =>
    fault === undefined ? decoderFor<Input>(input ?? {}) : Either.left(fault)
  let made: ReturnType<typeof once> | undefined
  const decoder = Effect.suspend(() => {
    made ??= once()
    return made
  })
  // A result that does not fit its own schema is a defect of the tool.
  const encode = output === undefined ? Effect.succeed : (result: A) => Effect.orDie(Schema.encode(output)(result))
  return {
    description,
    parameters: Effect.map(decoder, ({ jsonSchema }) => jsonSchema),
    prepare: (call) =>
      Effect.flatMap(Effect.orDie(decoder), ({ decode }) =>
        Effect.map(decode(call.arguments), (args) => ({
          needsApproval: typeof needsApproval === "function" ? needsApproval(args) : needsApproval,
          run: Effect.flatMap(
            Effect.suspend(() => execute(args, call)),
            encode
          )
        }))
      )
  }
}
