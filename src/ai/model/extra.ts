/**
 * What a provider adds to a reply, as the members that the engine keeps beside it and gives back to the same model:
 * `reasoning_content`, its thoughts as text, and `provider_metadata`, such as signatures and ids, which some providers
 * want back with the results of tools.
 */
import * as Prompt from "@effect/ai/Prompt"
import * as Predicate from "effect/Predicate"
import type { JsonObject, ModelToolCall } from "../../layers/EnginePorts.js"

/** The metadata of a part of a reply, by provider. */
export type Metadata = Prompt.ProviderOptions

/** A piece of the model's thoughts. */
export interface Thought {
  readonly text: string
  readonly metadata: Metadata
}

const isEmpty = (metadata: Metadata): boolean => Object.values(metadata).every((value) => value === undefined)

const isMetadata = (value: unknown): value is Metadata =>
  Predicate.isRecord(value) && Object.values(value).every((each) => each === undefined || Predicate.isRecord(each))

const metadataIn = (value: unknown): Metadata => (isMetadata(value) ? value : {})

/** The members that a reply adds: its thoughts, and the metadata of the thoughts and of the text. */
export const extraOf = (thoughts: ReadonlyArray<Thought>, text: Metadata): JsonObject | undefined => {
  const written = thoughts.map((thought) => thought.text).filter((each) => each !== "")
  const thoughtful = thoughts.some(({ metadata }) => !isEmpty(metadata))
  const metadata = {
    ...(thoughtful ? { reasoning: thoughts.map(({ metadata, text }) => ({ text, metadata })) } : {}),
    ...(isEmpty(text) ? {} : { text })
  }
  const extra = {
    ...(written.length === 0 ? {} : { reasoning_content: written.join("\n\n") }),
    ...(Object.keys(metadata).length === 0 ? {} : { provider_metadata: metadata })
  }
  return Object.keys(extra).length === 0 ? undefined : extra
}

/** The member that a call adds. */
export const callExtraOf = (metadata: Metadata): JsonObject | undefined =>
  isEmpty(metadata) ? undefined : { provider_metadata: metadata }

const metadataOf = (extra: JsonObject | undefined): JsonObject => {
  const metadata = extra?.["provider_metadata"]
  return Predicate.isRecord(metadata) ? metadata : {}
}

/** The thoughts that a reply had, for its prompt. */
export const reasoningOf = (extra: JsonObject | undefined): ReadonlyArray<Prompt.ReasoningPart> => {
  const { reasoning } = metadataOf(extra)
  if (Array.isArray(reasoning)) {
    return reasoning
      .filter(Predicate.isRecord)
      .map(({ metadata, text }) =>
        Prompt.reasoningPart({ text: typeof text === "string" ? text : "", options: metadataIn(metadata) })
      )
  }
  const text = extra?.["reasoning_content"]
  return typeof text === "string" && text !== "" ? [Prompt.reasoningPart({ text })] : []
}

/** The metadata that the text of a reply had, for its prompt. */
export const textOptionsOf = (extra: JsonObject | undefined): Metadata => metadataIn(metadataOf(extra)["text"])

/** The metadata that a call had, for its prompt. */
export const optionsOfCall = ({ extra }: ModelToolCall): Metadata => metadataIn(extra?.["provider_metadata"])
