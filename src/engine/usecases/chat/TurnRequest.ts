/** What of a chat request goes to the model: settings, tools and the choice between them. */
import * as Effect from "effect/Effect"
import type { ChatRequest, InputTool } from "../../../schema/Chat.js"
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

/** A request's own setting, else the agent's; what neither set is left to the endpoint. */
export const settingsOf = (request: ChatRequest, agent: AgentRow): ModelSettings =>
  Object.fromEntries(
    settingNames.flatMap((name) => {
      const value = request[name] ?? agent.default_settings[name]
      return value === undefined || value === null ? [] : [[name, value]]
    })
  )

/** The agent's tools and the request's, merged by name; the request's win. */
export const toolsOf = (own: ReadonlyArray<ToolRow>, given: ReadonlyArray<InputTool>): ReadonlyArray<ModelTool> => {
  const byName = new Map<string, ModelTool>()
  for (const tool of [...own, ...given.map((tool) => tool.function)]) {
    const description = tool.description ?? undefined
    byName.set(tool.name, {
      name: tool.name,
      parameters: tool.parameters,
      ...(description === undefined ? {} : { description })
    })
  }
  return [...byName.values()]
}

/** `tool_choice`, where it means something: it must name a tool there is, and says nothing without tools. */
export const choiceOf = (request: ChatRequest, tools: ReadonlyArray<ModelTool>) => {
  const choice = request.tool_choice
  if (choice === undefined) return Effect.succeed({})
  if (typeof choice === "string") return Effect.succeed(tools.length === 0 ? {} : { tool_choice: choice })
  return tools.some((tool) => tool.name === choice.function.name)
    ? Effect.succeed({ tool_choice: choice })
    : Effect.fail(
        unprocessable(
          "tool_choice.function.name",
          `no tool named "${choice.function.name}" is the agent's or the request's`
        )
      )
}
