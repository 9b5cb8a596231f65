import * as HttpApi from "@effect/platform/HttpApi"
import { AgentsApi } from "./AgentsApi.js"
import { DocsApi } from "./DocsApi.js"
import { JobsApi } from "./JobsApi.js"
import { MemoriesApi } from "./MemoriesApi.js"
import { httpApiGroup } from "./platform.js"
import { SessionsApi } from "./SessionsApi.js"
import { ToolsApi } from "./ToolsApi.js"
import { UsersApi } from "./UsersApi.js"
import { WireError } from "./WireError.js"

/** The Julep Agents API: the operations of v0.3 and those beyond it, one group per resource. */
export const JulepApi = HttpApi.make("julep")
  .add(httpApiGroup(AgentsApi))
  .add(httpApiGroup(UsersApi))
  .add(httpApiGroup(SessionsApi))
  .add(httpApiGroup(DocsApi))
  .add(httpApiGroup(MemoriesApi))
  .add(httpApiGroup(ToolsApi))
  .add(httpApiGroup(JobsApi))
  .addError(WireError)
