/** A message of a turn: who says it, and what. */
import * as Option from "effect/Option"
import { type Content, contentText } from "effect-julep"
import { memo } from "react"
import { callOf, prettyJson } from "../state/messages.js"
import type { TurnMessage } from "../state/Turn.js"
import { CodeBlock } from "./CodeBlock.js"
import { Image } from "./Image.js"
import { Markdown } from "./Markdown.js"

const Call = ({ message }: { readonly message: TurnMessage }) =>
  Option.match(callOf(message), {
    onNone: () => <CodeBlock text={contentText(message.content)} />,
    onSome: ({ arguments: args, name }) => (
      <details className="call" open>
        <summary>
          Calls <code>{name}</code>
          {message.suspended === true ? <span className="tag">suspended</span> : null}
        </summary>
        <CodeBlock text={prettyJson(args)} language="json" />
      </details>
    )
  })

const Result = ({ message }: { readonly message: TurnMessage }) => (
  <details className="call">
    <summary>
      Result of <code>{message.name ?? "a tool"}</code>
    </summary>
    <CodeBlock text={prettyJson(contentText(message.content))} />
  </details>
)

/** What a user writes is shown as it is; a model writes Markdown. */
const Text = ({ isMarkdown, text }: { readonly text: string; readonly isMarkdown: boolean }) =>
  isMarkdown ? <Markdown text={text} /> : <p className="plain-text">{text}</p>

const Parts = ({ content, isMarkdown }: { readonly content: Content; readonly isMarkdown: boolean }) =>
  typeof content === "string" ? (
    <Text text={content} isMarkdown={isMarkdown} />
  ) : (
    content.map((part, index) =>
      part.type === "text" ? (
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a message do not change
        <Text key={index} text={part.text} isMarkdown={isMarkdown} />
      ) : (
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a message do not change
        <Image key={index} url={part.image_url.url} alt="" />
      )
    )
  )

const speakers: { readonly [role: string]: string } = { user: "User", assistant: "Agent", system: "System" }

const contentOf = (message: TurnMessage) => {
  switch (message.role) {
    case "function_call":
      return <Call message={message} />
    case "function":
      return <Result message={message} />
    default:
      return <Parts content={message.content} isMarkdown={message.role === "assistant"} />
  }
}

export const Message = memo(
  ({ message, names }: { readonly message: TurnMessage; readonly names: { readonly [role: string]: string } }) => {
    const { aborted, id, name, refused, role } = message
    const isTool = role === "function_call" || role === "function"
    const speaker = isTool ? "Tool" : name || names[role] || speakers[role] || role
    return (
      // Sources of the prompt lead to it.
      <div className={`message message-${role}`} id={id === undefined ? undefined : `message-${id}`} tabIndex={-1}>
        <p className="speaker">
          {speaker}
          {aborted === true ? <span className="tag">cut off</span> : null}
          {refused === true ? <span className="tag">refused by the model</span> : null}
        </p>
        <div className="message-content">{contentOf(message)}</div>
      </div>
    )
  }
)
