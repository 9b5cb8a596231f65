/** A turn: what was sent, the reply, the same asked again, and what can be done about it. */
import { useAtomValue } from "@effect-atom/atom-react"
import * as Cause from "effect/Cause"
import type { InputChatMLMessage } from "effect-julep"
import { RateLimited } from "effect-julep"
import { memo, type ReactNode } from "react"
import { again } from "../state/conversation.js"
import type { LiveTurn } from "../state/liveTurn.js"
import { canAskAgain, waitsForResults } from "../state/messages.js"
import type { SelectedKey } from "../state/selectedTurn.js"
import type { Turn as TurnData } from "../state/Turn.js"
import { Failure } from "./Failure.js"
import { formatNumber } from "./format.js"
import { Messages, type Names } from "./Message.js"
import { RetryButton } from "./RetryButton.js"
import { ToolResults } from "./ToolResults.js"

const isLive = (turn: TurnData): turn is LiveTurn => "progress" in turn

/** What a developer should know of how a reply ended. */
const ENDINGS: { readonly [reason: string]: string } = {
  length: "cut at its limit of tokens",
  content_filter: "the rest was withheld by the provider",
  tool_calls: "waits for results of tools"
}

/** When the server that failed a turn may be asked again. */
const retryTime = ({ progress }: LiveTurn): number => {
  if (progress._tag !== "Failed") return 0
  const error = Cause.squash(progress.cause)
  return error instanceof RateLimited ? progress.at + (error.retryAfter ?? 0) * 1000 : 0
}

const Reply = ({
  children,
  isSelected,
  label,
  names,
  onSelect,
  turn
}: {
  readonly turn: TurnData
  readonly names: Names
  /** What screen readers call the button that selects it. */
  readonly label: string
  readonly isSelected: boolean
  readonly onSelect: () => void
  /** What else can be done about it. */
  readonly children?: ReactNode
}) => {
  const { finish_reason, prompt, usage } = turn
  const facts = [prompt?.model ?? [], ENDINGS[finish_reason ?? ""] ?? []].flat()
  const progress = isLive(turn) ? turn.progress._tag : "Done"
  return (
    <div className="reply" data-selected={isSelected}>
      <Messages messages={turn.reply} names={names} />
      {progress === "Done" && turn.reply.length === 0 ? <p className="hint">There is no reply.</p> : null}
      {progress === "Running" && turn.reply.length === 0 ? <p className="waiting">Waiting for the reply</p> : null}
      {progress === "Stopped" ? (
        <p className="hint">Stopped.{turn.reply.length > 0 ? " The partial reply is kept." : ""}</p>
      ) : null}
      {isLive(turn) && turn.progress._tag === "Failed" ? <Failure cause={turn.progress.cause} /> : null}
      <p className="reply-facts">
        <button type="button" className="plain" aria-label={label} aria-pressed={isSelected} onClick={onSelect}>
          Prompt
        </button>
        {usage === undefined ? null : (
          <span title="Prompt and reply, as the model counts them">
            {formatNumber(usage.prompt_tokens)} + {formatNumber(usage.completion_tokens)} tokens
          </span>
        )}
        {facts.map((fact) => (
          <span key={fact}>{fact}</span>
        ))}
        {children}
      </p>
    </div>
  )
}

export interface TurnProps {
  readonly turn: TurnData
  readonly names: Names
  readonly isLast: boolean
  readonly selected: SelectedKey | undefined
  readonly onSelect: (selected: SelectedKey) => void
  /** Sends what got no whole reply again. */
  readonly onRetry: () => void
  readonly onAskAgain: () => void
  readonly onStopAgain: () => void
  readonly onResults: (results: ReadonlyArray<InputChatMLMessage>) => void
}

/** Of a long conversation, the last turn alone is drawn anew while its reply grows. */
const isSame = (before: TurnProps, { isLast, names, selected, turn }: TurnProps): boolean =>
  !isLast && !before.isLast && before.turn === turn && before.names === names && before.selected === selected

export const Turn = memo((props: TurnProps) => {
  const { isLast, names, onAskAgain, onResults, onRetry, onSelect, onStopAgain, selected, turn } = props
  const { key, reply, sent } = turn
  const other = useAtomValue(again(key))
  const isRunning = isLive(turn) && turn.progress._tag === "Running"
  const isSelected = selected === undefined ? isLast : selected.key === key
  const isWhole = reply.length > 0 && reply.at(-1)?.aborted !== true && (!isLive(turn) || turn.progress._tag === "Done")
  const retry = isLast && !isRunning && !isWhole && sent.length > 0
  return (
    <article className="turn" aria-label={isLast ? "Last turn" : "Turn"}>
      <Messages messages={sent} names={names} />
      <div className="replies">
        <Reply
          turn={turn}
          names={names}
          label="Prompt"
          isSelected={isSelected && selected?.isAgain !== true}
          onSelect={() => onSelect({ key, isAgain: false })}
        >
          {isLast && isWhole && canAskAgain(turn) && !waitsForResults(turn) ? (
            <button
              type="button"
              className="plain"
              onClick={onAskAgain}
              disabled={other?.progress._tag === "Running"}
              title="Asks the same, without adding to the history or the memories"
            >
              Ask again
            </button>
          ) : null}
        </Reply>
        {other === undefined ? null : (
          <Reply
            turn={other}
            names={names}
            label="Prompt of the second answer"
            isSelected={isSelected && selected?.isAgain === true}
            onSelect={() => onSelect({ key, isAgain: true })}
          >
            {other.progress._tag === "Running" ? (
              <button type="button" className="plain" onClick={onStopAgain}>
                Stop the second answer
              </button>
            ) : null}
          </Reply>
        )}
      </div>
      {isLast && isWhole && waitsForResults(turn) ? (
        <ToolResults calls={reply.filter(({ role }) => role === "function_call")} onSend={onResults} />
      ) : null}
      {retry ? (
        <div className="turn-actions">
          <RetryButton label="Send again" onClick={onRetry} until={isLive(turn) ? retryTime(turn) : undefined} />
        </div>
      ) : null}
    </article>
  )
}, isSame)
