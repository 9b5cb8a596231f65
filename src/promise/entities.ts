/** The inputs and outputs of the API, with plain strings for ids. */
import type * as A from "../schema/Agent.js"
import type { MemoriesQuery as MemoriesQuerySchema } from "../schema/api/MemoriesApi.js"
import type { FilteredPage, Page } from "../schema/api/Query.js"
import type { HistoryPage } from "../schema/api/SessionsApi.js"
import type * as C from "../schema/Chat.js"
import type * as O from "../schema/ChatCompletion.js"
import type * as Cl from "../schema/Claim.js"
import type * as D from "../schema/Doc.js"
import type * as J from "../schema/Job.js"
import type * as Me from "../schema/Memory.js"
import type * as M from "../schema/Message.js"
import type * as P from "../schema/Prompt.js"
import type * as S from "../schema/Session.js"
import type * as T from "../schema/Tool.js"
import type * as U from "../schema/User.js"
import type * as AgentsService from "../services/Agents.js"
import type * as Sum from "../services/accumulate.js"
import type { PartialObject } from "../services/object/objects.js"
import type * as R from "../services/run/Run.js"
import type * as SyncDocs from "../services/syncDocs.js"
import type { Plain } from "./Plain.js"

export type { JsonObject } from "../schema/Field.js"
export type { Content } from "../schema/Message.js"
export type { AgentDefaultSettings, ResponseFormat } from "../schema/Settings.js"

/** The members that a create adds to its input. */
export interface Created {
  /** The id that the server made. */
  readonly id: string
  /** When it was created. */
  readonly created_at: Date
  /** The background jobs that the request started. */
  readonly jobs: ReadonlyArray<string>
}

/** The members that an update adds to its input. */
export interface Updated {
  /** The id of the resource. */
  readonly id: string
  /** When it was changed last. */
  readonly updated_at: Date
  /** The background jobs that the request started. */
  readonly jobs: ReadonlyArray<string>
}

/** The members that an ensure adds to its input. */
export interface Ensured extends Created {
  /** When it was changed last. */
  readonly updated_at: Date
  /** Whether anything was written. */
  readonly outcome: "created" | "updated" | "unchanged"
}

/** A page. `limit`: 1 to 10,000, default 100; `offset`: default 0. */
export interface PageQuery extends Plain<Page> {}
/** A page of resources with metadata; `metadata_filter` matches top-level keys by equality. */
export interface ListQuery extends Plain<FilteredPage> {}
/** A page of history; `{ order: "desc" }`, an extension, gives the newest first. */
export interface HistoryQuery extends Plain<HistoryPage> {}
/** A page of an agent's memories, with a query or of one user. */
export interface MemoriesQuery extends Plain<MemoriesQuerySchema> {}

/** An agent, as it is stored. */
export interface Agent extends Plain<A.Agent> {}
/** The input to create an agent. `functions` is short for function tools; give either `functions` or `tools`. */
export interface CreateAgent extends Plain<AgentsService.Agents.CreateInput> {}
/** The input to ensure an agent: as to create one, with keys of docs. */
export interface EnsureAgent extends Plain<AgentsService.Agents.EnsureInput> {}
/** The replacement of an agent: omitted members return to their defaults. */
export interface UpdateAgent extends Plain<A.UpdateAgent> {}
/** Changes of an agent: omitted members stay, `default_settings` are merged member by member, and `metadata` deeply. */
export interface PatchAgent extends Plain<A.PatchAgent> {}

/** A user, as it is stored. */
export interface User extends Plain<U.User> {}
/** The input to create a user. */
export interface CreateUser extends Plain<U.CreateUser> {}
/** The replacement of a user: omitted members return to their defaults. */
export interface UpdateUser extends Plain<U.UpdateUser> {}
/** Changes of a user: omitted members stay, and `metadata` is merged deeply. */
export interface PatchUser extends Plain<U.PatchUser> {}

/** A conversation between an agent and, optionally, a user. */
export interface Session extends Plain<S.Session> {}
/** The input to create a session. */
export interface CreateSession extends Plain<S.CreateSession> {}
/** The replacement of a session's situation and metadata. */
export interface UpdateSession extends Plain<S.UpdateSession> {}
/** Changes of a session: omitted members stay, and `metadata` is merged deeply. */
export interface PatchSession extends Plain<S.PatchSession> {}
/** A suggestion that a server made about a session. */
export interface Suggestion extends Plain<S.Suggestion> {}

/** A message of a session's history. */
export interface ChatMLMessage extends Plain<M.ChatMLMessage> {}
/** A message of a request. */
export interface InputChatMLMessage extends Plain<M.InputChatMLMessage> {}
/** A message of a history or of a reply, to be sent again. Its role is checked when it is sent. */
export interface ReceivedMessage extends Plain<M.ReceivedMessage> {}
/** One turn of a conversation: at least one message, and settings for this turn only. */
export interface ChatInput extends Plain<C.ChatInput> {}
/** What a chat recalls. */
export interface RecallOptions extends Plain<C.RecallOptions> {}
/** The reply to a chat. `response[0]` holds its messages; `messageText` has their text. */
export interface ChatResponse extends Plain<C.ChatResponse> {}
/** Exactly what a chat would send to its model. */
export interface RenderedChat extends Plain<C.RenderedChat> {}
/** The prompt that a model was sent, in parts. */
export interface ExplainedPrompt extends Plain<P.ExplainedPrompt> {}
/** The prompt of one of the last chats of a session. */
export interface RecentPrompt extends Plain<P.RecentPrompt> {}
/** One event of a streamed reply. `content` is the text to append to the message. */
export interface ChatStreamEvent extends Plain<C.ChatStreamEvent> {}
/** A streamed reply, collected. */
export interface AccumulatedReply extends Plain<Sum.AccumulatedChat> {}

/** A run that ended with a reply without calls: `text` and `reply` are the last reply's, `rounds` are all. */
export interface CompletedRun extends Plain<R.CompletedRun> {}
/** A run that waits for decisions on `calls`. It is plain JSON; `sessions.resume` goes on, in any process. */
export interface SuspendedRun extends Plain<R.SuspendedRun> {}
/** A claim of calls of tools, so that only one program runs them. */
export interface ClaimToolCalls extends Plain<Cl.ClaimToolCalls> {}
/** The calls that were claimed. */
export interface ToolCallsClaimed extends Plain<Cl.ToolCallsClaimed> {}
/** The outcome of a run. */
export type Run = CompletedRun | SuspendedRun
/** The outcome of a streamed run. Its replies are collected from events, so their messages have no ids. */
export type StreamedRun = Plain<R.Run<Sum.AccumulatedChat>>
/**
 * An event of a streamed run: an event of a reply, a call that starts, its result, and last the outcome. `round` counts the
 * replies from 0.
 */
export type RunEvent = Plain<R.RunEvent>
/** A typed answer: what the schema decodes from the reply, the reply, and the tokens of all requests for it. */
export interface ObjectReply<A, Reply = ChatResponse> {
  /** What the schema decodes. */
  readonly object: A
  /** The reply that has it. */
  readonly reply: Reply
  /** The tokens of all requests for it, if the server reports them. */
  readonly usage?: ChatResponse["usage"] | undefined
}
/** The last event of a streamed typed answer: the whole object. */
export interface WholeObject<A> extends ObjectReply<A, AccumulatedReply> {
  /** Marks the last event. */
  readonly done: true
}
/** An event of a streamed typed answer. */
export type ObjectEvent<A, I> = PartialObject<I> | WholeObject<A>

/** Exactly one owner of docs: an agent or a user. */
export type DocOwner =
  | { readonly agent_id: string; readonly user_id?: undefined }
  | { readonly user_id: string; readonly agent_id?: undefined }
/** A doc of an agent or a user. */
export interface Doc extends Plain<D.Doc> {}
/** The input to create a doc. `content` is one text, or a list of chunks. */
export interface CreateDoc extends Plain<D.CreateDoc> {}

/** A doc that `docs.sync` keeps up to date under its key. Without a key, its title is the key. */
export interface SyncDoc extends Plain<D.SyncDoc> {}
/** How many passages `docs.search` finds, and in which docs. */
export interface SearchOptions extends Omit<Plain<D.SearchDocs>, "query"> {}
/** A passage that `docs.search` found. */
export interface FoundPassage extends Plain<D.FoundPassage> {}
/** Which docs `docs.sync` deletes. */
export interface SyncOptions extends SyncDocs.SyncOptions {}
/** What `docs.sync` did, by the keys of the docs. */
export interface Synced extends Plain<SyncDocs.Synced> {}

/** Something that an agent remembers, usually about a user. */
export interface Memory extends Plain<Me.Memory> {}
/** The input to create a memory of an agent: one statement, of at most 2,000 characters. */
export interface CreateMemory extends Plain<Me.CreateMemory> {
  /** The agent that remembers it. */
  readonly agent_id: string
}

/** A tool of an agent. */
export interface Tool extends Plain<T.Tool> {}
/** The input to create a tool. */
export interface CreateTool extends Plain<T.CreateTool> {}
/** A function a model may call. `parameters` is a JSON Schema object. */
export interface FunctionDef extends Plain<T.FunctionDef> {}
/** Any part of a function. */
export interface PartialFunctionDef extends Plain<T.PartialFunctionDef> {}

/** The status of a background job. `progress` is a percentage, 0 to 100. */
export interface JobStatus extends Plain<J.JobStatus> {}

/** The input of a chat completion. Unknown members are passed on. */
export interface ChatCompletionParams extends Plain<O.ChatCompletionParams> {}
/** A chat completion. Unknown members of the endpoint are kept. */
export interface ChatCompletion extends Plain<O.ChatCompletion> {}
/** A streamed chat completion, collected. `id` is absent if no chunk has one. */
export interface AccumulatedChatCompletion extends Plain<Sum.AccumulatedChatCompletion> {}
/** One event of a streamed chat completion. */
export interface ChatCompletionChunk extends Plain<O.ChatCompletionChunk> {}
/** The input of a text completion. Unknown members are passed on. */
export interface CompletionParams extends Plain<O.CompletionParams> {}
/** A text completion. Unknown members of the endpoint are kept. */
export interface Completion extends Plain<O.Completion> {}
/** A streamed text completion, collected. `id` is absent if no chunk has one. */
export interface AccumulatedCompletion extends Plain<Sum.AccumulatedCompletion> {}
/** One event of a streamed text completion. */
export interface CompletionChunk extends Plain<O.CompletionChunk> {}
