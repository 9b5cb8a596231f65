/** The middle of the page: the conversation of the selected session. */
import { Atom, Result, useAtom, useAtomRefresh, useAtomSet, useAtomValue } from "@effect-atom/atom-react"
import * as Option from "effect/Option"
import { type InputChatMLMessage, messageText, type SessionId } from "effect-julep"
import { type KeyboardEvent, useState } from "react"
import { askAgain, clearHistory, live, send, turns } from "../state/conversation.js"
import { history, shownMessages } from "../state/history.js"
import { PAGE } from "../state/lists.js"
import { inputOf } from "../state/messages.js"
import { openPanel, PROMPT } from "../state/openPanel.js"
import { type SelectedKey, selectedKey } from "../state/selectedTurn.js"
import { speakers } from "../state/speakers.js"
import type { Turn as TurnData } from "../state/Turn.js"
import { Composer } from "./Composer.js"
import { ConfirmDelete } from "./ConfirmDelete.js"
import { Failure } from "./Failure.js"
import { firstLine } from "./format.js"
import { Turn } from "./Turn.js"
import { useStickToBottom } from "./useStickToBottom.js"

/** What a screen reader says of the turn that is on its way, or was last. */
const statusOf = (last: TurnData | undefined, isRunning: boolean, hasSent: boolean): string => {
  if (isRunning) return "The reply is on its way."
  return last === undefined || !hasSent ? "" : `Reply: ${messageText({ response: [last.reply] })}`
}

export const Conversation = ({ id, onInspect }: { readonly id: SessionId; readonly onInspect: () => void }) => {
  const result = useAtomValue(turns(id))
  const onItsWay = useAtomValue(live(id))
  const page = useAtomValue(history(id))
  const [most, setMost] = useAtom(shownMessages(id))
  const [selected, setSelected] = useAtom(selectedKey)
  const openPrompt = useAtomSet(openPanel)
  const [isClearing, setIsClearing] = useState(false)
  const refresh = useAtomRefresh(history(id))
  const write = useAtomSet(send(id))
  const ask = useAtomSet(askAgain)
  const { names, situation } = useAtomValue(speakers(id))
  const [hasSent, setHasSent] = useState(false)
  const scroller = useStickToBottom(id)
  const isRunning = onItsWay?.progress._tag === "Running"
  const all = Option.getOrElse(Result.value(result), (): ReadonlyArray<TurnData> => [])
  const last = all.at(-1)
  // The turn may be of another session, or have another key since the history has it.
  const chosen = all.some(({ key }) => key === selected?.key) ? selected : undefined

  const sendMessages = (messages: ReadonlyArray<InputChatMLMessage>, after?: { readonly id: string | undefined }) => {
    setSelected(undefined)
    setHasSent(true)
    write({ messages, after })
  }
  const retry = (turn: TurnData) => {
    const messages = turn.sent.map(inputOf)
    // A reply that was cut off is part of the history, so the same messages are a new question.
    if (turn.reply.length > 0) return sendMessages(messages)
    const before = all.at(-2)
    sendMessages(messages, { id: (before?.reply.at(-1) ?? before?.sent.at(-1))?.id })
  }
  const inspect = (key: SelectedKey) => {
    setSelected(key)
    openPrompt(PROMPT)
    onInspect()
  }
  const stop = () => write(Atom.Interrupt)
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && isRunning) stop()
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape stops the reply wherever the focus is in the conversation
    <div className="conversation" onKeyDown={onKeyDown}>
      <header className="conversation-header">
        <h2>{[names.assistant, names.user].filter(Boolean).join(" and ")}</h2>
        <p className="hint">{firstLine(situation)}</p>
        <button
          type="button"
          className="plain"
          onClick={() => setIsClearing(true)}
          disabled={all.length === 0 || isRunning}
        >
          Clear history
        </button>
      </header>
      {isClearing ? (
        <ConfirmDelete
          what="the history of this session"
          consequence="The session and its memories stay."
          id={id}
          remove={clearHistory}
          onClose={() => setIsClearing(false)}
        />
      ) : null}
      <div className="scroller" ref={scroller}>
        <div className="turns">
          {Result.isSuccess(page) && page.value.hasMore ? (
            <button type="button" className="plain" onClick={() => setMost(most + PAGE)}>
              Earlier messages
            </button>
          ) : null}
          {Result.isFailure(result) ? <Failure cause={result.cause} retry={refresh} /> : null}
          {Result.isSuccess(result) && all.length === 0 ? (
            <p className="empty">Nothing was said yet. Write the first message below.</p>
          ) : null}
          {all.map((turn) => (
            <Turn
              key={turn.key}
              turn={turn}
              names={names}
              isLast={turn === last}
              selected={chosen}
              onSelect={inspect}
              onRetry={() => retry(turn)}
              onAskAgain={() => ask({ key: turn.key, session: id, messages: turn.sent.map(inputOf) })}
              onStopAgain={() => ask(Atom.Interrupt)}
              onResults={(results) => sendMessages(results)}
            />
          ))}
        </div>
      </div>
      <p className="visually-hidden" role="status">
        {statusOf(last, isRunning, hasSent)}
      </p>
      <Composer
        session={id}
        isRunning={isRunning}
        onSend={(content) => sendMessages([{ role: "user", content }])}
        onStop={stop}
      />
    </div>
  )
}
