/** Collects the parts of a reply of `@effect/ai`, whole or streamed, into a reply of the engine's. */
import type * as Response from "@effect/ai/Response"
import { ModelError, type ModelReply, type ModelToolCall, type ModelUsage } from "../../layers/EnginePorts.js"
import { callExtraOf, extraOf, type Metadata } from "./extra.js"

const unavailable = (message: string) => new ModelError({ reason: "unavailable", message })

/** The finish reasons that the engine spells in OpenAI's way. */
const spelled: { readonly [Reason in Response.FinishReason]?: string } = {
  "content-filter": "content_filter",
  "tool-calls": "tool_calls"
}

/** The tokens of a reply that its provider does not report. */
export interface Estimate {
  readonly prompt: () => number
  readonly completion: (text: string) => number
}

const usageOf = ({ inputTokens, outputTokens, totalTokens }: Response.Usage, text: string, estimate: Estimate) => {
  const prompt_tokens = inputTokens ?? estimate.prompt()
  const completion_tokens = outputTokens ?? estimate.completion(text)
  const usage: ModelUsage = {
    prompt_tokens,
    completion_tokens,
    total_tokens: totalTokens || prompt_tokens + completion_tokens
  }
  return usage
}

const callOf = ({ id, metadata, name, params }: Response.ToolCallPart<string, unknown>): ModelToolCall => {
  const extra = callExtraOf(metadata)
  return { id, name, arguments: JSON.stringify(params) ?? "{}", ...(extra === undefined ? {} : { extra }) }
}

/** The error of an error part, which a provider may make of anything. */
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : JSON.stringify(error))

/** A reply as far as it has arrived. */
export class ReplyAccumulator {
  #text = ""
  #textMetadata: Metadata = {}
  #calls: Array<ModelToolCall> = []
  #thoughts = new Map<string, { text: string; metadata: Metadata }>()
  #finish: Response.FinishPart | undefined

  /** Why the reply fails, once it does. */
  failure: ModelError | undefined

  /** Adds a part, and returns what it says: a piece of text, a call, or nothing that is shown. */
  push(part: Response.AnyPart): { readonly text: string } | { readonly call: ModelToolCall } | undefined {
    switch (part.type) {
      case "text":
        this.#addText(part.metadata)
        return this.#write(part.text)
      case "text-start":
      case "text-end":
        this.#addText(part.metadata)
        return undefined
      case "text-delta":
        this.#addText(part.metadata)
        return this.#write(part.delta)
      case "reasoning":
        this.#think(`whole ${this.#thoughts.size}`, part.text, part.metadata)
        return undefined
      case "reasoning-start":
      case "reasoning-end":
        this.#think(part.id, "", part.metadata)
        return undefined
      case "reasoning-delta":
        this.#think(part.id, part.delta, part.metadata)
        return undefined
      case "tool-call": {
        // The provider has run it already, and its result is part of the reply.
        if (part.providerExecuted) return undefined
        const call = callOf(part)
        this.#calls.push(call)
        return { call }
      }
      case "finish":
        this.#finish = part
        if (part.reason === "error") this.failure ??= unavailable("The model's provider ended the reply with an error.")
        return undefined
      case "error":
        this.failure ??= unavailable(`The model's provider failed: ${messageOf(part.error)}`)
        return undefined
      default:
        return undefined
    }
  }

  /** The reply, once all its parts are here. */
  end(estimate: Estimate): ModelReply | ModelError {
    const finish = this.#finish
    if (this.failure !== undefined) return this.failure
    if (finish === undefined) return unavailable("The reply of the model ended before its last part. Try again.")
    const extra = extraOf([...this.#thoughts.values()], this.#textMetadata)
    const called = this.#calls.length > 0 ? "tool_calls" : "stop"
    return {
      content: this.#text === "" ? null : this.#text,
      tool_calls: this.#calls,
      finish_reason: finish.reason === "unknown" ? called : (spelled[finish.reason] ?? finish.reason),
      usage: usageOf(finish.usage, this.#text, estimate),
      ...(extra === undefined ? {} : { extra })
    }
  }

  #write(text: string) {
    this.#text += text
    return text === "" ? undefined : { text }
  }

  #addText(metadata: Metadata) {
    this.#textMetadata = { ...this.#textMetadata, ...metadata }
  }

  #think(id: string, text: string, metadata: Metadata) {
    const known = this.#thoughts.get(id)
    this.#thoughts.set(id, {
      text: (known?.text ?? "") + text,
      metadata: { ...known?.metadata, ...metadata }
    })
  }
}
