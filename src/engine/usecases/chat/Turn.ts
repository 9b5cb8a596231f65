/** What is known of a turn: of its request once that is checked, and of all of it once its prompt is made. */
import type * as Arr from "effect/Array"
import type { ChatRequest } from "../../../schema/Chat.js"
import type { SessionId } from "../../../schema/Session.js"
import type { ModelRequest } from "../../ports/Model.js"
import type { AgentRow, EntryRow, Fence, Participants, SessionRow, ToolRow, UserRow } from "../../ports/Storage.js"
import type { Count } from "../../ports/Tokenizer.js"
import type * as Budget from "../prompt/Budget.js"
import type * as Recall from "../recall/Recall.js"

/** A request with the session it is for. */
export interface CheckedRequest {
  readonly developer: string
  readonly id: SessionId
  readonly request: ChatRequest
  /** What the turn recalls. */
  readonly limits: Recall.Limits
  readonly session: SessionRow
  readonly agent: AgentRow
  readonly user: UserRow | undefined
  /** What was appended to the history since the turn before. */
  readonly newer: Participants["newer"]
  /** The tools of the agent, for templates. */
  readonly tools: ReadonlyArray<ToolRow>
  /** The messages of the request, as rows of history. */
  readonly messages: Arr.NonEmptyReadonlyArray<EntryRow>
  /** The idempotency key, of which the ids of the turn's messages are made. */
  readonly key: string | undefined
  /** What earlier attempts under the key have stored: messages of the request, and the first message of the reply. */
  readonly stored: ReadonlyArray<EntryRow>
  /** The request to the model, without its messages. */
  readonly modelOptions: Omit<ModelRequest, "messages">
  /** The endpoint and the model: what they add to replies is sent back to them only. */
  readonly source: string
  /** Whether the endpoint takes the names of messages. */
  readonly messageNames: boolean
  readonly count: Count
  /** The context window of the model, in tokens. */
  readonly window: number
  /** The tokens that the prompt may have. */
  readonly budget: number
}

/** A turn that is ready for the model. */
export interface Turn extends CheckedRequest {
  readonly fence: Fence
  /** The docs, memories and earlier turns in the prompt. */
  readonly recalled: Recall.Recalled
  /** The messages before this turn that no summary covers, as far as they were read. */
  readonly history: ReadonlyArray<EntryRow>
  /** Of the messages of the turn, those that are not stored yet. */
  readonly fresh: ReadonlyArray<EntryRow>
  /** The ids of those that an earlier attempt has stored, and that other turns have followed since. */
  readonly moved: ReadonlyArray<string>
  /**
   * The ids of the messages that a refusal of the prompt marks: those of the turn, and those of turns that failed before it
   * if a prompt with them was refused already.
   */
  readonly refusable: ReadonlyArray<string>
  /** What the prompt holds of the parts of the turn. */
  readonly fitted: Budget.Fitted
  readonly modelRequest: ModelRequest
}

/** The attributes of a turn's spans. */
export const attributesOf = ({ id }: Pick<CheckedRequest, "id">) => ({ "julep.session_id": id })
