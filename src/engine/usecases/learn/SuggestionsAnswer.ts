/** Reads the suggestions in a model's answer. */
import * as Option from "effect/Option"
import type { SuggestionRow } from "../../ports/Storage.js"
import { oneLine } from "../../text/PromptMarkup.js"
import { startOf } from "../../text/Sentences.js"
import { reader, withContent } from "./ListAnswer.js"

/** The members that hold the text of a suggestion, by preference. */
const TEXTS = ["content", "suggestion", "text", "message", "question"]
/** The members that hold the suggestions of an answer, by preference. */
const LISTS = ["suggestions", "next_steps"]
/** The longest suggestion, in characters; the rest of a longer one is left out. */
const MAX_LENGTH = 300

/** Who takes the step. Models also call an agent what OpenAI's roles and its users call it; anybody else is the user. */
const targetOf = (target: unknown): SuggestionRow["target"] =>
  typeof target === "string" && /^\s*(agent|assistant|ai|bot|model)\s*$/i.test(target) ? "agent" : "user"

const suggestionOf = ({ content, target }: { readonly [member: string]: unknown }) => {
  const text = typeof content === "string" ? oneLine(content).trim() : ""
  return text === ""
    ? Option.none()
    : Option.some({
        target: targetOf(target),
        content: text.length > MAX_LENGTH ? `${startOf(text, MAX_LENGTH - 1)}…` : text
      })
}

/** The suggestions of an answer. None if it holds no list of them, which is not the same as nothing to suggest. */
export const suggestionsOf = reader(LISTS, (item) => Option.flatMap(withContent(TEXTS, item), suggestionOf))
