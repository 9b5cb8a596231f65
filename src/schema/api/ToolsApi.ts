import * as Schema from "effect/Schema"
import { AgentId } from "../Agent.js"
import { Pages } from "../Resource.js"
import { CreateTool, PatchTool, Tool, ToolCreated, ToolDeleted, ToolId, ToolUpdated, UpdateTool } from "../Tool.js"
import { del, get, group, patch, post, put } from "./Operation.js"
import { CursorPage } from "./Query.js"

const ofAgent = Schema.Struct({ agent_id: AgentId })
const pathParams = Schema.Struct({ agent_id: AgentId, tool_id: ToolId })

/** The operations on the tools of an agent. */
export const ToolsApi = group("tools", {
  list: get("/agents/:agent_id/tools", { pathParams: ofAgent, urlParams: CursorPage, success: Pages(Tool) }),
  create: post("/agents/:agent_id/tools", {
    pathParams: ofAgent,
    payload: CreateTool,
    success: ToolCreated,
    status: 201
  }),
  update: put("/agents/:agent_id/tools/:tool_id", { pathParams, payload: UpdateTool, success: ToolUpdated }),
  patch: patch("/agents/:agent_id/tools/:tool_id", { pathParams, payload: PatchTool, success: ToolUpdated }),
  delete: del("/agents/:agent_id/tools/:tool_id", { pathParams, success: ToolDeleted })
})
