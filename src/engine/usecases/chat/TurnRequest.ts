/** The settings, the tools and the tool choice of a chat request. */
import * as Effect from "effect/Effect"
import type { ChatRequest, InputTool } from "../../../schema/Chat.js"
import type { ResponseFormat } from "../../../schema/Settings.js"
import type { ModelSettings, ModelTool } from "../../ports/Model.js"
import type { AgentRow, ToolRow } from "../../ports/Storage.js"
import { unprocessable } from "../Failure.js"

const settingNames = [
  "frequency_penalty",
  "length_penalty",
  "logit_bias",
  "max_tokens",
  "min_p",
  "presence_penalty",
  "preset",
  "repetition_penalty",
  "response_format",
  "seed",
  "stop",
  "temperature",
  "top_p"
] as const satisfies ReadonlyArray<keyof ModelSettings>

/** OpenAI's spelling of a format in that of v0.3, in which models read it. */
const formatOf = (format: ResponseFormat) => {
  if (format.type !== "json_schema" || format.json_schema === undefined) return format
  return { ...format.json_schema, type: "json_object" }
}

/** The settings of a request, then those of its agent. What neither sets is left to the endpoint. */
export const settingsOf = (request: ChatRequest, agent: AgentRow): ModelSettings =>
  Object.fromEntries(
    settingNames.flatMap((name) => {
      const value = request[name] ?? agent.default_settings[name]
      if (value === undefined || value === null) return []
      return [[name, name === "response_format" ? formatOf(value) : value]]
    })
  )

/** The tools of the agent and of the request. Of two with one name, the request's wins. */
export const toolsOf = (own: ReadonlyArray<ToolRow>, given: ReadonlyArray<InputTool>): ReadonlyArray<ModelTool> => {
  const byName = new Map<string, ModelTool>()
  for (const tool of [...own, ...given.map((tool) => tool.function)]) {
    const description = tool.description ?? undefined
    const strict = tool.strict ?? undefined
    byName.set(tool.name, {
      name: tool.name,
      parameters: { ...tool.parameters },
      ...(description === undefined ? {} : { description }),
      ...(strict === undefined ? {} : { strict })
    })
  }
  return [...byName.values()]
}

/** The `tool_choice` of a request. A choice that no tool can meet fails; without tools, any other is dropped. */
export const choiceOf = (request: ChatRequest, tools: ReadonlyArray<ModelTool>) => {
  const choice = request.tool_choice
  if (choice === undefined) return Effect.succeed({})
  if (choice === "required" && tools.length === 0)
    return Effect.fail(
      unprocessable("tool_choice", '"required" needs a tool, and neither the agent nor the request has one')
    )
  if (typeof choice === "string") return Effect.succeed(tools.length === 0 ? {} : { tool_choice: choice })
  return tools.some((tool) => tool.name === choice.function.name)
    ? Effect.succeed({ tool_choice: choice })
    : Effect.fail(
        unprocessable(
          "tool_choice.function.name",
          `neither the agent nor the request has a tool named "${choice.function.name}"`
        )
      )
}
