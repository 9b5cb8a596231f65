/** For each operation: the manager call that is it, what it must send, and an answer of a server to it. */
import type * as Effect from "effect/Effect"
import type { Julep } from "../../src/layers/Julep.js"
import type { RequestError } from "../../src/schema/Errors.js"
import * as f from "../support/fixtures.js"

export interface Call {
  readonly call: (julep: Julep.Service) => Effect.Effect<unknown, RequestError>
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly answer: unknown
}

const page = { limit: 7, offset: 14 }
const pageSent = { limit: "7", offset: "14" }
const filtered = {
  ...page,
  metadata_filter: { tier: "gold", n: 1 },
  sort_by: "updated_at",
  order: "asc"
} as const
const filteredSent = {
  ...pageSent,
  metadata_filter: '{"tier":"gold","n":1}',
  sort_by: "updated_at",
  order: "asc"
}

const metadata = { "Shelf No": 4, deep: [{ a_b: null }] }
const docInput = { title: "Tides", content: ["High at six.", "Low at noon."], metadata } as const
const toolInput = { type: "function", function: f.functionDef } as const
const settings = { temperature: 0.4, top_p: 0, min_p: 0, preset: "code" } as const
const agentInput = {
  name: "Marguerite",
  about: "",
  instructions: "Be brief.",
  model: "gpt-4o",
  default_settings: settings,
  metadata
} as const
const userInput = { name: "Tomas", about: "sails", metadata }
const sessionInput = { agent_id: f.agentId, user_id: f.userId, situation: "", metadata, render_templates: true }
const chatInput = {
  messages: [
    { role: "user", content: [{ type: "text", text: "Ahoy" }] },
    { role: "function", name: "find_ship", content: "{}", tool_call_id: "call_1", continue: false }
  ],
  tools: [{ id: f.toolId, ...toolInput }],
  tool_choice: { type: "function", function: { name: "find_ship" } },
  temperature: 0,
  top_p: 0.5,
  stop: ["END"],
  logit_bias: { "50256": -100 },
  response_format: { type: "json_object", schema: { type: "object" } },
  max_tokens: 64,
  seed: -1,
  extra: { reasoning_effort: "low", "x-y": [null] },
  recall: false,
  record: true,
  remember: false
} as const

const agents = `/api/agents/${f.agentId}`
const users = `/api/users/${f.userId}`
const sessions = `/api/sessions/${f.sessionId}`
const ofAgent = { agent_id: f.agentId }
const ofUser = { user_id: f.userId }
const oneTool = { ...ofAgent, tool_id: f.toolId }

export const calls: Readonly<Record<string, Call>> = {
  CreateSession: {
    call: (julep) => julep.sessions.create(sessionInput),
    path: "/api/sessions",
    body: sessionInput,
    answer: f.created
  },
  ListSessions: {
    call: (julep) => julep.sessions.list(filtered),
    path: "/api/sessions",
    query: filteredSent,
    answer: { items: [f.session] }
  },
  CreateUser: {
    call: (julep) => julep.users.create({ ...userInput, docs: [docInput] }),
    path: "/api/users",
    body: { ...userInput, docs: [docInput] },
    answer: f.created
  },
  ListUsers: {
    call: (julep) => julep.users.list(filtered),
    path: "/api/users",
    query: filteredSent,
    answer: { items: [f.user] }
  },
  CreateAgent: {
    call: (julep) => julep.agents.create({ ...agentInput, tools: [toolInput], docs: [docInput] }),
    path: "/api/agents",
    body: { ...agentInput, tools: [toolInput], docs: [docInput] },
    answer: f.created
  },
  ListAgents: {
    call: (julep) => julep.agents.list(filtered),
    path: "/api/agents",
    query: filteredSent,
    answer: { items: [f.agent] }
  },
  GetSession: { call: (julep) => julep.sessions.get(f.sessionId), path: sessions, answer: f.session },
  DeleteSession: { call: (julep) => julep.sessions.delete(f.sessionId), path: sessions, answer: f.deleted },
  UpdateSession: {
    call: (julep) => julep.sessions.update(f.sessionId, { situation: "", metadata }, { overwrite: true }),
    path: sessions,
    body: { situation: "", metadata },
    answer: f.updated
  },
  PatchSession: {
    call: (julep) => julep.sessions.update(f.sessionId, { metadata }),
    path: sessions,
    body: { metadata },
    answer: f.updated
  },
  GetSuggestions: {
    call: (julep) => julep.sessions.suggestions(f.sessionId, page),
    path: `${sessions}/suggestions`,
    query: pageSent,
    answer: { items: [f.suggestion] }
  },
  GetHistory: {
    call: (julep) => julep.sessions.history(f.sessionId, { ...page, order: "desc" }),
    path: `${sessions}/history`,
    query: { ...pageSent, order: "desc" },
    answer: { items: [f.message] }
  },
  DeleteSessionHistory: {
    call: (julep) => julep.sessions.deleteHistory(f.sessionId),
    path: `${sessions}/history`,
    answer: f.deleted
  },
  Chat: {
    call: (julep) => julep.sessions.chat(f.sessionId, chatInput),
    path: `${sessions}/chat`,
    body: chatInput,
    answer: f.chatResponse
  },
  GetAgentMemories: {
    call: (julep) => julep.memories.list({ ...ofAgent, ...ofUser, query: "tea & rum?", ...page }),
    path: `${agents}/memories`,
    query: { query: "tea & rum?", user_id: f.userId, ...pageSent },
    answer: { items: [f.memory] }
  },
  GetUser: { call: (julep) => julep.users.get(f.userId), path: users, answer: f.user },
  DeleteUser: { call: (julep) => julep.users.delete(f.userId), path: users, answer: f.deleted },
  UpdateUser: {
    call: (julep) => julep.users.update(f.userId, userInput, { overwrite: true }),
    path: users,
    body: userInput,
    answer: f.updated
  },
  PatchUser: {
    call: (julep) => julep.users.update(f.userId, { about: "" }),
    path: users,
    body: { about: "" },
    answer: f.updated
  },
  GetAgent: { call: (julep) => julep.agents.get(f.agentId), path: agents, answer: f.agent },
  DeleteAgent: { call: (julep) => julep.agents.delete(f.agentId), path: agents, answer: f.deleted },
  UpdateAgent: {
    call: (julep) => julep.agents.update(f.agentId, agentInput, { overwrite: true }),
    path: agents,
    body: agentInput,
    answer: f.updated
  },
  PatchAgent: {
    call: (julep) => julep.agents.update(f.agentId, { instructions: [], default_settings: settings }),
    path: agents,
    body: { instructions: [], default_settings: settings },
    answer: f.updated
  },
  GetAgentDocs: {
    call: (julep) => julep.docs.list(ofAgent, filtered),
    path: `${agents}/docs`,
    query: filteredSent,
    answer: { items: [f.doc] }
  },
  CreateAgentDoc: {
    call: (julep) => julep.docs.create({ ...ofAgent, doc: docInput }),
    path: `${agents}/docs`,
    body: docInput,
    answer: f.created
  },
  GetUserDocs: {
    call: (julep) => julep.docs.list(ofUser, filtered),
    path: `${users}/docs`,
    query: filteredSent,
    answer: { items: [f.doc] }
  },
  CreateUserDoc: {
    call: (julep) => julep.docs.create({ ...ofUser, doc: docInput }),
    path: `${users}/docs`,
    body: docInput,
    answer: f.created
  },
  DeleteUserDoc: {
    call: (julep) => julep.docs.delete({ ...ofUser, doc_id: f.docId }),
    path: `${users}/docs/${f.docId}`,
    answer: f.deleted
  },
  DeleteAgentDoc: {
    call: (julep) => julep.docs.delete({ ...ofAgent, doc_id: f.docId }),
    path: `${agents}/docs/${f.docId}`,
    answer: f.deleted
  },
  DeleteAgentMemory: {
    call: (julep) => julep.memories.delete({ ...ofAgent, memory_id: f.memoryId }),
    path: `${agents}/memories/${f.memoryId}`,
    answer: f.deleted
  },
  GetAgentTools: {
    call: (julep) => julep.tools.list(f.agentId, page),
    path: `${agents}/tools`,
    query: pageSent,
    answer: { items: [f.tool] }
  },
  CreateAgentTool: {
    call: (julep) => julep.tools.create({ ...ofAgent, tool: toolInput }),
    path: `${agents}/tools`,
    body: toolInput,
    answer: f.created
  },
  DeleteAgentTool: {
    call: (julep) => julep.tools.delete(oneTool),
    path: `${agents}/tools/${f.toolId}`,
    answer: f.deleted
  },
  UpdateAgentTool: {
    call: (julep) => julep.tools.update({ ...oneTool, function: f.functionDef, overwrite: true }),
    path: `${agents}/tools/${f.toolId}`,
    body: { function: f.functionDef },
    answer: f.updated
  },
  PatchAgentTool: {
    call: (julep) => julep.tools.update({ ...oneTool, function: { description: "" } }),
    path: `${agents}/tools/${f.toolId}`,
    body: { function: { description: "" } },
    answer: f.updated
  },
  GetJobStatus: { call: (julep) => julep.jobs.get(f.jobId), path: `/api/jobs/${f.jobId}`, answer: f.job }
}
