/** A form for the results of calls that wait: all of them are sent at once. */
import * as Option from "effect/Option"
import type { InputChatMLMessage } from "effect-julep"
import { type FormEvent, useState } from "react"
import { callOf, compactJson } from "../state/messages.js"
import type { TurnMessage } from "../state/Turn.js"
import { TextArea } from "./Field.js"

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** What the model will read. A text that was meant as JSON shows where it is sent as it is. */
const hintOf = (text: string): string =>
  text.trim() === ""
    ? "JSON or text, which the model reads"
    : isJson(text)
      ? "Sent as JSON"
      : "Sent as text: it is not JSON"

export const ToolResults = ({
  calls,
  onSend
}: {
  readonly calls: ReadonlyArray<TurnMessage>
  readonly onSend: (results: ReadonlyArray<InputChatMLMessage>) => void
}) => {
  const [results, setResults] = useState<ReadonlyArray<string>>(() => calls.map(() => ""))
  const known = calls.map((message) => Option.getOrUndefined(callOf(message)))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onSend(
      known.map((call, index) => ({
        role: "function",
        content: results[index] ?? "",
        ...(call === undefined ? {} : { name: call.name }),
        ...(call?.id === undefined ? {} : { tool_call_id: call.id })
      }))
    )
  }
  return (
    <form className="tool-results fields" onSubmit={submit}>
      {calls.map((message, index) => (
        <TextArea
          key={message.id ?? index}
          label={`Result of ${known[index]?.name ?? "the tool"} ${compactJson(known[index]?.arguments ?? "")}`}
          value={results[index] ?? ""}
          onChange={(value) => setResults(results.with(index, value))}
          rows={3}
          isCode
          hint={hintOf(results[index] ?? "")}
        />
      ))}
      <div className="actions">
        <button type="submit" className="primary">
          {calls.length === 1 ? "Send the result" : `Send ${calls.length} results`}
        </button>
      </div>
    </form>
  )
}
