/** What the jobs of a session have in common: one question to a model, and the messages that may stand in it. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { stripReasoning } from "../../../schema/reasoning.js"
import type { Model, ModelError, ModelReply } from "../../ports/Model.js"
import type { EntryRow, Storage, StorageError } from "../../ports/Storage.js"

/** The model answered, but not with what was asked for. Each answer has its price, so the job is tried only once more. */
export class UnusableReply extends Data.TaggedError("UnusableReply")<{ readonly message: string }> {}

/** An answer without the model's thoughts. */
export interface Completion extends Pick<ModelReply, "finish_reason"> {
  readonly text: string
}

/** Asks a model once; `data` is what the instructions are about. */
export const ask = (
  { complete }: Model.Service,
  model: string,
  instructions: string,
  data: string
): Effect.Effect<Completion, ModelError> =>
  Effect.map(
    complete({
      model,
      messages: [
        { role: "system", content: instructions },
        { role: "user", content: data }
      ],
      tools: [],
      settings: {}
    }),
    ({ content, finish_reason }) => ({ text: stripReasoning(content ?? ""), finish_reason })
  )

/** The messages without those that were the source of a memory that was deleted. */
export const withoutForgotten = (
  { entries }: Pick<Storage.Service, "entries">,
  developer: string,
  messages: ReadonlyArray<EntryRow>
): Effect.Effect<ReadonlyArray<EntryRow>, StorageError> =>
  Effect.map(
    entries.forgotten(
      developer,
      messages.map(({ id }) => id)
    ),
    (forgotten) => messages.filter(({ id }) => !forgotten.has(id))
  )
