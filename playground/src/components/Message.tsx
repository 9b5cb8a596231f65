/** A message of a turn: who says it, and what. */
import * as Option from "effect/Option"
import { type Content, contentText } from "effect-julep"
import { memo, type ReactNode } from "react"
import { callOf, compactJson, prettyJson } from "../state/messages.js"
import type { TurnMessage } from "../state/Turn.js"
import { CodeBlock } from "./CodeBlock.js"
import { Image } from "./Image.js"
import { Markdown } from "./Markdown.js"

/** How long JSON may be to stand in a line. */
const INLINE = 80

/** What a tool is called with, or has answered: in the line if it is short, else to unfold. */
const ToolText = ({
  children,
  isOpen,
  text
}: {
  readonly children: ReactNode
  readonly isOpen: boolean
  readonly text: string
}) => {
  const compact = compactJson(text)
  return compact.length <= INLINE && !compact.includes("\n") ? (
    <p className="call">
      {children} <code>{compact}</code>
    </p>
  ) : (
    <details className="call" open={isOpen}>
      <summary>{children}</summary>
      <CodeBlock text={prettyJson(text)} />
    </details>
  )
}

const Call = ({ message }: { readonly message: TurnMessage }) =>
  Option.match(callOf(message), {
    onNone: () => <CodeBlock text={contentText(message.content)} />,
    onSome: ({ arguments: args, name }) => (
      <ToolText text={args} isOpen>
        Calls <b>{name}</b>
        {message.suspended === true ? <span className="tag">suspended</span> : null}
      </ToolText>
    )
  })

const Result = ({ message }: { readonly message: TurnMessage }) => (
  <ToolText text={contentText(message.content)} isOpen={false}>
    <b>{message.name ?? "The tool"}</b> answers
  </ToolText>
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

export type Names = { readonly [role: string]: string }

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

/** Who says a message. Results are of no speaker: they name their tool. */
const speakerOf = ({ name, role }: TurnMessage, names: Names): string | undefined => {
  switch (role) {
    case "function":
      return undefined
    case "function_call":
      return names["assistant"] ?? speakers["assistant"]
    default:
      return name || names[role] || speakers[role] || role
  }
}

interface MessageProps {
  readonly message: TurnMessage
  readonly names: Names
  /** Whether its speaker is named. */
  readonly isFirst: boolean
}

const Message = memo(({ isFirst, message, names }: MessageProps) => {
  const { aborted, id, refused, role } = message
  const isMarked = aborted === true || refused === true
  const speaker = isFirst || isMarked ? speakerOf(message, names) : undefined
  return (
    // Sources of the prompt lead to it.
    <div className={`message message-${role}`} id={id === undefined ? undefined : `message-${id}`} tabIndex={-1}>
      {speaker === undefined ? null : (
        <p className="speaker">
          {speaker}
          {aborted === true ? <span className="tag">cut off</span> : null}
          {refused === true ? <span className="tag">refused by the model</span> : null}
        </p>
      )}
      <div className="message-content">{contentOf(message)}</div>
    </div>
  )
})

/** The messages of one side of a turn. A speaker is named once for all that follow. */
export const Messages = ({
  messages,
  names
}: {
  readonly messages: ReadonlyArray<TurnMessage>
  readonly names: Names
}) =>
  messages.map((message, index) => {
    const before = messages[index - 1]
    const isSame = before !== undefined && speakerOf(before, names) === speakerOf(message, names)
    return <Message key={message.id ?? index} message={message} names={names} isFirst={!isSame} />
  })
