import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"
import { AgentId } from "../Agent.js"
import { Pages } from "../Resource.js"
import { CreateTool, PatchTool, Tool, ToolCreated, ToolDeleted, ToolId, ToolUpdated, UpdateTool } from "../Tool.js"
import { CursorPage } from "./Query.js"

const ofAgent = Schema.Struct({ agent_id: AgentId })
const path = Schema.Struct({ agent_id: AgentId, tool_id: ToolId })

/** The operations on the tools of an agent. */
export const ToolsApi = HttpApiGroup.make("tools")
  .add(
    HttpApiEndpoint.get("list", "/agents/:agent_id/tools")
      .setPath(ofAgent)
      .setUrlParams(CursorPage)
      .addSuccess(Pages(Tool))
  )
  .add(
    HttpApiEndpoint.post("create", "/agents/:agent_id/tools")
      .setPath(ofAgent)
      .setPayload(CreateTool)
      .addSuccess(ToolCreated)
  )
  .add(
    HttpApiEndpoint.put("update", "/agents/:agent_id/tools/:tool_id")
      .setPath(path)
      .setPayload(UpdateTool)
      .addSuccess(ToolUpdated)
  )
  .add(
    HttpApiEndpoint.patch("patch", "/agents/:agent_id/tools/:tool_id")
      .setPath(path)
      .setPayload(PatchTool)
      .addSuccess(ToolUpdated)
  )
  .add(
    HttpApiEndpoint.del("delete", "/agents/:agent_id/tools/:tool_id")
      .setPath(path)
      .addSuccess(ToolDeleted)
      .addSuccess(HttpApiSchema.NoContent)
  )
