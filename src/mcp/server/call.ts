/** A tool of the server: its arguments by a schema, its result as text and as JSON, its errors in words. */
import * as McpSchema from "@effect/ai/McpSchema"
import type { McpServer } from "@effect/ai/McpServer"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type { RequestError } from "../../schema/Errors.js"
import { issuesText } from "../../schema/Issue.js"
import { decoderOf } from "../../services/AnySchema.js"
import { errorText } from "./errorText.js"

export interface Answer {
  readonly text: string
  readonly structured: object
}

export interface ToolDefinition<A, I> {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly input: Schema.Schema<A, I>
  /** Whether a call changes nothing. */
  readonly readOnly: boolean
  /** Whether a second call with the same arguments changes nothing more. */
  readonly idempotent: boolean
  readonly run: (args: A) => Effect.Effect<Answer, RequestError>
}

const failed = (text: string) => new McpSchema.CallToolResult({ isError: true, content: [{ type: "text", text }] })

const answered = ({ structured, text }: Answer) =>
  new McpSchema.CallToolResult({ isError: false, structuredContent: structured, content: [{ type: "text", text }] })

/** Adds a tool. Arguments that it does not have are refused, so that no id in them is taken for more than a mistake. */
export const addTool = <A, I>(
  server: Context.Tag.Service<typeof McpServer>,
  { description, idempotent, input, name, readOnly, run, title }: ToolDefinition<A, I>
): Effect.Effect<void> =>
  Effect.gen(function* () {
    const schema = input.annotations({ parseOptions: { errors: "all", onExcessProperty: "error" } })
    // The schemas of the tools are of this package, and have JSON Schemas.
    const { decode, jsonSchema } = yield* Effect.orDie(decoderOf(schema))
    const annotations = new McpSchema.ToolAnnotations({
      title,
      readOnlyHint: readOnly,
      destructiveHint: false,
      idempotentHint: idempotent,
      openWorldHint: false
    })
    return yield* server.addTool({
      tool: new McpSchema.Tool({ name, title, description, inputSchema: jsonSchema, annotations }),
      handle: (args: unknown) =>
        Effect.matchEffect(decode(args), {
          onFailure: (issues) =>
            Effect.succeed(failed(`The arguments do not fit: ${issuesText(issues)}. Correct them and call it again.`)),
          onSuccess: (input) => Effect.map(run(input), answered)
        }).pipe(
          Effect.catchAll((error) =>
            Effect.as(Effect.logWarning(`The tool ${name} failed.`, error), failed(errorText(error)))
          ),
          Effect.catchAllDefect((defect) =>
            Effect.as(
              Effect.logError(`The tool ${name} failed.`, defect),
              failed("The server failed. Its log has the details.")
            )
          ),
          Effect.withSpan("Julep.mcp.tool", { attributes: { "julep.tool": name } })
        )
    })
  })
