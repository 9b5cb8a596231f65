/** Ids and wire values of our own, one for each entity of the API. */
import { AgentId } from "../../src/schema/Agent.js"
import { DocId } from "../../src/schema/Doc.js"
import { JobId } from "../../src/schema/Job.js"
import { MemoryId } from "../../src/schema/Memory.js"
import { SessionId } from "../../src/schema/Session.js"
import { ToolId } from "../../src/schema/Tool.js"
import { UserId } from "../../src/schema/User.js"

const uuid = (last: number) => `3f2a0c1e-5b7d-4e8f-9a10-${String(last).padStart(12, "0")}`

export const agentId = AgentId.make(uuid(1))
export const userId = UserId.make(uuid(2))
export const sessionId = SessionId.make(uuid(3))
export const docId = DocId.make(uuid(4))
export const memoryId = MemoryId.make(uuid(5))
export const toolId = ToolId.make(uuid(6))
export const jobId = JobId.make(uuid(7))
export const messageId = uuid(8)
export const chatId = uuid(9)

/** Another id, for lists. */
export const otherId = (n: number) => uuid(1000 + n)

export const created_at = "2031-04-05T06:07:08.250Z"
export const updated_at = "2031-04-05T09:10:11Z"
export const deleted_at = "2031-04-06T00:00:00.5Z"

export const created = { id: agentId, created_at, jobs: [] }
export const updated = { id: agentId, updated_at, jobs: null }
export const deleted = { id: agentId, deleted_at, jobs: null }

export const agent = {
  id: agentId,
  name: "Marguerite",
  about: "keeps the lighthouse",
  model: "julep-ai/samantha-1-turbo",
  instructions: ["Be brief.", "Name the ships."],
  default_settings: { temperature: 0.5, top_p: 0.9, min_p: 0.02, preset: "prose" },
  metadata: { shore: "north", "Lamp Count": 3, nested: { a_b: [1, null, { cD: true }] } },
  created_at,
  updated_at
}

export const user = { id: userId, name: "Tomas", about: "sails at night", metadata: {}, created_at, updated_at }

export const session = {
  id: sessionId,
  agent_id: agentId,
  user_id: userId,
  situation: "A storm is coming.",
  summary: null,
  metadata: { channel: "radio" },
  render_templates: true,
  created_at,
  updated_at
}

export const doc = { id: docId, title: "Tides", content: "High at six.", created_at, metadata: { source: "almanac" } }

export const memory = {
  id: memoryId,
  agent_id: agentId,
  user_id: userId,
  content: "Tomas prefers the eastern channel.",
  entities: [{ name: "Tomas" }],
  sentiment: 0.25,
  created_at
}

const parameters = { type: "object", properties: { ship: { type: "string" } }, required: ["ship"] }

export const functionDef = { name: "find_ship", description: "Finds a ship", parameters }

export const tool = { id: toolId, type: "function", function: functionDef }

export const message = { id: messageId, role: "assistant", content: "Keep clear of the rocks.", created_at }

export const chatResponse = {
  id: chatId,
  finish_reason: "stop",
  response: [[{ ...message, name: "Marguerite" }]],
  usage: { prompt_tokens: 21, completion_tokens: 6, total_tokens: 27 },
  jobs: null,
  doc_ids: { agent_doc_ids: [docId], user_doc_ids: [] }
}

export const job = {
  id: jobId,
  name: jobId,
  state: "succeeded",
  reason: "done",
  has_progress: false,
  progress: 0,
  created_at,
  updated_at
}

export const suggestion = {
  target: "user",
  content: "Ask for the tide table.",
  message_id: messageId,
  session_id: sessionId,
  created_at
}

export const chatCompletion = {
  id: "cmpl-1",
  object: "chat.completion",
  created: 1935000000,
  model: "julep-ai/samantha-1-turbo",
  choices: [{ index: 0, message: { role: "assistant", content: "Aye." }, finish_reason: "stop" }],
  usage: { prompt_tokens: 4, completion_tokens: 1, total_tokens: 5 }
}

export const completion = {
  id: "cmpl-2",
  object: "text_completion",
  created: 1935000000,
  model: "julep-ai/samantha-1-turbo",
  choices: [{ index: 0, text: " there was a keeper.", finish_reason: "length" }],
  usage: { prompt_tokens: 4, completion_tokens: 5, total_tokens: 9 }
}
