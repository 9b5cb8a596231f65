/** The 36 operations of the Julep Agents API v0.3, as facts, and the manager call that is each. */
import type { Fact, Facts } from "../support/openapi.js"
import { items, members, type QueryName, query, type SchemaName } from "./members.js"

export interface Operation {
  readonly operationId: string
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  readonly path: string
  /** Group and endpoint of our contract. */
  readonly endpoint: string
  readonly status: 200 | 201 | 202
  readonly query: Facts
  readonly request: Facts
  readonly response: Facts
}

const operation = (
  operationId: string,
  route: string,
  endpoint: string,
  status: Operation["status"],
  response: Facts,
  inputs: { readonly query?: QueryName; readonly request?: SchemaName } = {}
): Operation => {
  const [method, path] = route.split(" ") as [Operation["method"], string]
  return {
    operationId,
    method,
    path,
    endpoint,
    status,
    query: query(inputs.query ?? "none"),
    request: members(inputs.request ?? "Nothing"),
    response
  }
}

const created = members("Created")
const updated = members("Updated")
const deleted = members("Deleted")

export const operations: ReadonlyArray<Operation> = [
  operation("CreateSession", "POST /sessions", "sessions.create", 201, created, { request: "CreateSession" }),
  operation("ListSessions", "GET /sessions", "sessions.list", 200, items("Session", true), { query: "filteredPage" }),
  operation("CreateUser", "POST /users", "users.create", 201, created, { request: "CreateUser" }),
  operation("ListUsers", "GET /users", "users.list", 200, items("User", true), { query: "userPage" }),
  operation("CreateAgent", "POST /agents", "agents.create", 201, created, { request: "CreateAgent" }),
  operation("ListAgents", "GET /agents", "agents.list", 200, items("Agent", true), { query: "filteredPage" }),
  operation("GetSession", "GET /sessions/{session_id}", "sessions.get", 200, members("Session")),
  operation("DeleteSession", "DELETE /sessions/{session_id}", "sessions.delete", 202, deleted),
  operation("UpdateSession", "PUT /sessions/{session_id}", "sessions.update", 200, updated, {
    request: "UpdateSession"
  }),
  operation("PatchSession", "PATCH /sessions/{session_id}", "sessions.patch", 200, updated, {
    request: "PatchSession"
  }),
  operation(
    "GetSuggestions",
    "GET /sessions/{session_id}/suggestions",
    "sessions.suggestions",
    200,
    items("Suggestion", false),
    { query: "page" }
  ),
  operation("GetHistory", "GET /sessions/{session_id}/history", "sessions.history", 200, items("Message", false), {
    query: "page"
  }),
  operation("DeleteSessionHistory", "DELETE /sessions/{session_id}/history", "sessions.deleteHistory", 202, deleted),
  operation("Chat", "POST /sessions/{session_id}/chat", "sessions.chat", 200, members("ChatResponse"), {
    request: "ChatInput"
  }),
  operation("GetAgentMemories", "GET /agents/{agent_id}/memories", "memories.list", 200, items("Memory", false), {
    query: "memories"
  }),
  operation("GetUser", "GET /users/{user_id}", "users.get", 200, members("User")),
  operation("DeleteUser", "DELETE /users/{user_id}", "users.delete", 202, deleted),
  operation("UpdateUser", "PUT /users/{user_id}", "users.update", 200, updated, { request: "UpdateUser" }),
  operation("PatchUser", "PATCH /users/{user_id}", "users.patch", 200, updated, { request: "PatchUser" }),
  operation("GetAgent", "GET /agents/{agent_id}", "agents.get", 200, members("Agent")),
  operation("DeleteAgent", "DELETE /agents/{agent_id}", "agents.delete", 202, deleted),
  operation("UpdateAgent", "PUT /agents/{agent_id}", "agents.update", 200, updated, { request: "UpdateAgent" }),
  operation("PatchAgent", "PATCH /agents/{agent_id}", "agents.patch", 200, updated, { request: "PatchAgent" }),
  operation("GetAgentDocs", "GET /agents/{agent_id}/docs", "docs.listOfAgent", 200, items("Doc", false), {
    query: "openFilteredPage"
  }),
  operation("CreateAgentDoc", "POST /agents/{agent_id}/docs", "docs.createOfAgent", 201, created, {
    request: "CreateDoc"
  }),
  operation("GetUserDocs", "GET /users/{user_id}/docs", "docs.listOfUser", 200, items("Doc", false), {
    query: "openFilteredPage"
  }),
  operation("CreateUserDoc", "POST /users/{user_id}/docs", "docs.createOfUser", 201, created, {
    request: "CreateDoc"
  }),
  operation("DeleteUserDoc", "DELETE /users/{user_id}/docs/{doc_id}", "docs.deleteOfUser", 202, deleted),
  operation("DeleteAgentDoc", "DELETE /agents/{agent_id}/docs/{doc_id}", "docs.deleteOfAgent", 202, deleted),
  operation("DeleteAgentMemory", "DELETE /agents/{agent_id}/memories/{memory_id}", "memories.delete", 202, deleted),
  operation("GetAgentTools", "GET /agents/{agent_id}/tools", "tools.list", 200, items("Tool", false), {
    query: "openPage"
  }),
  operation("CreateAgentTool", "POST /agents/{agent_id}/tools", "tools.create", 201, created, {
    request: "CreateTool"
  }),
  operation("DeleteAgentTool", "DELETE /agents/{agent_id}/tools/{tool_id}", "tools.delete", 202, deleted),
  operation("UpdateAgentTool", "PUT /agents/{agent_id}/tools/{tool_id}", "tools.update", 200, updated, {
    request: "UpdateTool"
  }),
  operation("PatchAgentTool", "PATCH /agents/{agent_id}/tools/{tool_id}", "tools.patch", 200, updated, {
    request: "PatchTool"
  }),
  operation("GetJobStatus", "GET /jobs/{job_id}", "jobs.get", 200, members("JobStatus"))
]

/** Where our contract differs from the specification on purpose, and why. */
export const deliberate: ReadonlyArray<{
  readonly operation: RegExp
  readonly member: RegExp
  readonly what: ReadonlyArray<keyof Fact | "member">
  readonly because: string
}> = [
  {
    operation: /Docs$|Tools$|Memories$|^ListUsers$/,
    member: /^(limit|offset)$/,
    what: ["minimum", "maximum", "default"],
    because: "every page has the bounds the specification gives to most"
  },
  {
    operation: /^GetAgentMemories$/,
    member: /^query$/,
    what: ["required"],
    because: "without a query, an extension, memories come newest first"
  },
  {
    operation: /^GetAgentMemories$/,
    member: /^items\[\]\.(type|source_message_ids(\[\])?)$/,
    what: ["member"],
    because: "`type` is required by the specification but never declared; the sources of a memory are an extension"
  },
  {
    operation: /^(List\w+|GetHistory|Get\w+(Docs|Tools|Memories))$/,
    member: /^(after|next)$/,
    what: ["member"],
    because: "cursors, with which a list leaves out no item where others are deleted along the way, are an extension"
  },
  {
    operation: /^(GetAgent|ListAgents|Get(Agent|User)Docs)$/,
    member: /^(items\[\]\.)?key$/,
    what: ["member"],
    because: "agents and docs under keys of the caller are an extension"
  },
  { operation: /^GetHistory$/, member: /^order$/, what: ["member"], because: "the newest first is an extension" },
  {
    operation: /^Chat$/,
    member: /^finish_reason$/,
    what: ["enum"],
    because: "a repeated chat whose stream broke off gets what is stored of it, as aborted"
  },
  {
    operation: /^Chat$/,
    member: /^tool_choice$/,
    what: ["enum"],
    because: "`required`, OpenAI's own, is an extension"
  },
  {
    operation: /^Chat$/,
    member: /^recall\b/,
    what: ["member", "types", "default"],
    because: "how much a chat recalls, and what, is an extension"
  },
  {
    operation: /^Chat$/,
    member: /^response_format\.(type|strict|json_schema\b.*)$/,
    what: ["member", "enum"],
    because: "`strict` and OpenAI's own spelling of a JSON Schema are extensions"
  },
  {
    operation: /Tools?$|^CreateAgent$|^Chat$/,
    member: /\bfunction\.strict$/,
    what: ["member"],
    because: "`strict` of a function, as OpenAI spells it, is an extension"
  },
  {
    operation: /^Chat$/,
    member: /^extra$/,
    what: ["member"],
    because: "members of the endpoint's own are an extension"
  },
  {
    operation: /^Chat$/,
    member: /^recalled\b/,
    what: ["member"],
    because: "what was recalled, with scores, is an extension"
  },
  {
    operation: /^Chat$/,
    member: /^(explain$|prompt\b)/,
    what: ["member"],
    because: "what the model was sent, in parts, is an extension"
  },
  {
    operation: /^(GetHistory|Chat)$/,
    member: /\.(tool_call_id|aborted|refused|suspended)$/,
    what: ["member"],
    because: "extensions tie a result to its call, and mark a reply that broke off and what is never sent again"
  },
  {
    operation: /^Chat$/,
    member: /^tools\[\]\.id$/,
    what: ["required"],
    because: "the id of a tool that exists for one request has no use"
  },
  { operation: /^Chat$/, member: /^response(\[\])?$/, what: ["minItems"], because: "a reply has at least one message" },
  {
    operation: /^Create(Agent|User|AgentDoc|UserDoc)$/,
    member: /content$/,
    what: ["minItems"],
    because: "the specification put the bound on the texts of the list instead of the list"
  }
]
