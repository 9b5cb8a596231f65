/** What the OpenAPI document says of each operation beyond its schemas. Ids are those of the published specifications. */
import { AgentsApi } from "../../../schema/api/AgentsApi.js"
import { ChatApi, CompletionsApi } from "../../../schema/api/CompletionsApi.js"
import { DocsApi } from "../../../schema/api/DocsApi.js"
import { JobsApi } from "../../../schema/api/JobsApi.js"
import { MemoriesApi } from "../../../schema/api/MemoriesApi.js"
import { EmbeddingsApi, ModelsApi, ResponsesApi } from "../../../schema/api/OpenAiApi.js"
import type { Group } from "../../../schema/api/Operation.js"
import { SessionsApi } from "../../../schema/api/SessionsApi.js"
import { ToolsApi } from "../../../schema/api/ToolsApi.js"
import { UsersApi } from "../../../schema/api/UsersApi.js"

/** An operation as the document names it. */
export interface Documented {
  readonly id: string
  readonly summary: string
  readonly description?: string
  /** The name of the schema of one event, where `stream: true` asks for events. */
  readonly events?: string
  /** It calls a model, whose failures are its own. */
  readonly callsModel?: boolean
  /** The body has a metadata filter. A filter in the query is found by its name. */
  readonly filters?: boolean
  /** It is one of `/v1`, whose errors have the form of OpenAI's, or are those of an endpoint. */
  readonly relays?: boolean
  /** It succeeds where there is no such resource. */
  readonly takesUnknown?: boolean
  /** The body names another resource, which may not exist. */
  readonly refersTo?: string
}

interface Tag {
  readonly name: string
  readonly description: string
}

type Operations = ReadonlyArray<readonly [name: string, documented: Documented]>

/** The operations of a group of the contract under `group.operation`; one without an entry is an error of types. */
const group = <Id extends string, InGroup>(
  { identifier }: Group<Id, InGroup>,
  description: string,
  operations: { readonly [Name in keyof InGroup]: Documented }
): { readonly tag: Tag; readonly operations: Operations } => ({
  tag: { name: identifier, description },
  operations: Object.entries<Documented>(operations).map(([name, documented]) => [`${identifier}.${name}`, documented])
})

const relayed = { callsModel: true, relays: true } as const

const streamedAs = (event: string) =>
  `With \`stream: true\` the data of each event is a \`${event}\`, and that of the last is \`[DONE]\`.`

const syncs =
  "Beyond v0.3. A doc is created, replaced if it differs, or left as it is. `prune` deletes the docs with other keys."

const groups = [
  group(AgentsApi, "Agents, with their instructions, model and settings.", {
    create: { id: "CreateAgent", summary: "Create an agent" },
    ensure: {
      id: "EnsureAgent",
      summary: "Find or create the agent of a key",
      description:
        "Beyond v0.3. Members that are given are set, others stay; tools are matched by their names and docs by their keys. " +
        "What is unchanged is not written."
    },
    list: { id: "ListAgents", summary: "List agents", description: "The newest first, unless `order` says otherwise." },
    get: { id: "GetAgent", summary: "Get an agent" },
    update: {
      id: "UpdateAgent",
      summary: "Replace an agent",
      description: "Members that are left out return to their defaults."
    },
    patch: {
      id: "PatchAgent",
      summary: "Change members of an agent",
      description: "Members that are left out stay, and `metadata` is merged."
    },
    delete: {
      id: "DeleteAgent",
      summary: "Delete an agent",
      description: "Its docs, tools, memories and sessions are deleted with it."
    }
  }),
  group(UsersApi, "The people that agents talk to.", {
    create: { id: "CreateUser", summary: "Create a user" },
    list: { id: "ListUsers", summary: "List users", description: "The newest first, unless `order` says otherwise." },
    get: { id: "GetUser", summary: "Get a user" },
    update: {
      id: "UpdateUser",
      summary: "Replace a user",
      description: "Members that are left out return to their defaults."
    },
    patch: {
      id: "PatchUser",
      summary: "Change members of a user",
      description: "Members that are left out stay, and `metadata` is merged."
    },
    delete: {
      id: "DeleteUser",
      summary: "Delete a user",
      description: "Their docs and memories are deleted with them. The call also succeeds if there is no such user.",
      takesUnknown: true
    }
  }),
  group(SessionsApi, "Conversations of an agent, their history and their chats.", {
    create: { id: "CreateSession", summary: "Create a session", refersTo: "agent or user" },
    list: {
      id: "ListSessions",
      summary: "List sessions",
      description: "The newest first, unless `order` says otherwise."
    },
    get: { id: "GetSession", summary: "Get a session" },
    update: { id: "UpdateSession", summary: "Replace the situation and the metadata of a session" },
    patch: {
      id: "PatchSession",
      summary: "Change members of a session",
      description: "Members that are left out stay, and `metadata` is merged."
    },
    delete: {
      id: "DeleteSession",
      summary: "Delete a session",
      description: "Its history is deleted with it. The call also succeeds if there is no such session.",
      takesUnknown: true
    },
    suggestions: { id: "GetSuggestions", summary: "List the suggestions of a session" },
    history: {
      id: "GetHistory",
      summary: "List the messages of a session",
      description: "The oldest first, unless `order` says otherwise."
    },
    deleteHistory: {
      id: "DeleteSessionHistory",
      summary: "Delete the messages of a session",
      description:
        "Their summary is deleted with them, and the memories that have no other source. The call also succeeds if " +
        "there is no such session.",
      takesUnknown: true
    },
    chat: {
      id: "Chat",
      summary: "Chat in a session",
      description:
        "Sends messages to the agent and returns its reply. With `stream: true` the reply arrives as server-sent events: " +
        "the data of each is a `ChatStreamEvent`, and that of the last is `[DONE]`. A failure after the first event is an " +
        "event too: an `ErrorBody` with its status.",
      events: "ChatStreamEvent",
      callsModel: true
    },
    render: {
      id: "RenderChat",
      summary: "Render the prompt of a chat",
      description: "Beyond v0.3: what a chat would send to its model, without sending it.",
      callsModel: true
    },
    prompts: {
      id: "ListPrompts",
      summary: "List the last prompts of a session",
      description:
        "Beyond v0.3: the prompts of the last 20 chats that asked to `explain` theirs, the newest first. The server has them " +
        "in memory until it ends."
    },
    claim: {
      id: "ClaimToolCalls",
      summary: "Claim calls of tools",
      description:
        "Beyond v0.3: claims calls that have no result yet, all or none, so that one program runs them. 409 where one of " +
        "them is claimed, has a result, or is of an earlier reply. `release`, the `claimed_at` of a claim, ends it instead. " +
        "`results` become part of the history without a reply, and `suspend` marks calls that run only after a decision."
    }
  }),
  group(DocsApi, "Docs of agents and users: the knowledge that chats recall.", {
    listOfAgent: { id: "GetAgentDocs", summary: "List the docs of an agent" },
    createOfAgent: { id: "CreateAgentDoc", summary: "Create a doc of an agent" },
    deleteOfAgent: { id: "DeleteAgentDoc", summary: "Delete a doc of an agent" },
    getOfAgent: { id: "GetAgentDoc", summary: "Get a doc of an agent", description: "Beyond v0.3." },
    searchOfAgent: {
      id: "SearchAgentDocs",
      summary: "Search the docs of an agent",
      description: "Beyond v0.3.",
      filters: true
    },
    searchOfUser: {
      id: "SearchUserDocs",
      summary: "Search the docs of a user",
      description: "Beyond v0.3.",
      filters: true
    },
    syncOfAgent: { id: "SyncAgentDocs", summary: "Sync docs of an agent under keys", description: syncs },
    syncOfUser: { id: "SyncUserDocs", summary: "Sync docs of a user under keys", description: syncs },
    getOfUser: { id: "GetUserDoc", summary: "Get a doc of a user", description: "Beyond v0.3." },
    listOfUser: { id: "GetUserDocs", summary: "List the docs of a user" },
    createOfUser: { id: "CreateUserDoc", summary: "Create a doc of a user" },
    deleteOfUser: { id: "DeleteUserDoc", summary: "Delete a doc of a user" }
  }),
  group(MemoriesApi, "What agents remember of conversations.", {
    list: {
      id: "GetAgentMemories",
      summary: "Search the memories of an agent",
      description: "The best matches of `query` first; without one, the newest first."
    },
    create: {
      id: "CreateAgentMemory",
      summary: "Create a memory of an agent",
      description: "Beyond v0.3. A statement that the agent remembers already is kept, and its identity is returned.",
      refersTo: "user"
    },
    delete: { id: "DeleteAgentMemory", summary: "Delete a memory of an agent" }
  }),
  group(ToolsApi, "The functions that an agent may call.", {
    list: { id: "GetAgentTools", summary: "List the tools of an agent" },
    create: { id: "CreateAgentTool", summary: "Create a tool of an agent" },
    update: { id: "UpdateAgentTool", summary: "Replace the function of a tool" },
    patch: { id: "PatchAgentTool", summary: "Change the function of a tool" },
    delete: { id: "DeleteAgentTool", summary: "Delete a tool of an agent" }
  }),
  group(JobsApi, "Background jobs: what learns from chats and prepares docs.", {
    get: { id: "GetJobStatus", summary: "Get the status of a job" }
  }),
  group(ChatApi, "Chat completions, as OpenAI defines them.", {
    create: {
      id: "createChatCompletion",
      summary: "Create a chat completion",
      description: streamedAs("ChatCompletionChunk"),
      events: "ChatCompletionChunk",
      ...relayed
    }
  }),
  group(CompletionsApi, "Text completions, as OpenAI defines them.", {
    create: {
      id: "createCompletion",
      summary: "Create a text completion",
      description: streamedAs("CompletionChunk"),
      events: "CompletionChunk",
      ...relayed
    }
  }),
  group(ResponsesApi, "Responses, as OpenAI defines them.", {
    create: {
      id: "createResponse",
      summary: "Create a response",
      description: "404 where the model's endpoint has no responses. With `stream: true` its events are passed on.",
      events: "ResponseStreamEvent",
      ...relayed
    }
  }),
  group(EmbeddingsApi, "Embeddings, as OpenAI defines them.", {
    create: {
      id: "createEmbedding",
      summary: "Create embeddings",
      description: "404 in an engine without an embedder.",
      ...relayed
    }
  }),
  group(ModelsApi, "The models of the engine.", {
    list: { id: "listModels", summary: "List models", ...relayed },
    get: {
      id: "retrieveModel",
      summary: "Get a model",
      description: "The name of a model may have slashes, as they are or as `%2F`.",
      ...relayed
    }
  })
]

/** The tags of the document: one for each group of the contract. */
export const tags: ReadonlyArray<Tag> = groups.map(({ tag }) => tag)

/** Each operation by its name in the contract: `agents.list`. */
export const operations: ReadonlyMap<string, Documented> = new Map(groups.flatMap(({ operations }) => operations))
