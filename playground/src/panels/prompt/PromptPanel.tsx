/** What the model was sent: for the selected turn, or what it would be sent now. */
import { useState } from "react"
import type { PanelProps } from "../Panel.js"
import { Switch } from "../parts/Switch.js"
import { Explained } from "./Explained.js"
import { WouldSend } from "./WouldSend.js"

const OfTurn = (props: PanelProps) => {
  const { agent, session, turn, user } = props
  if (turn === undefined) {
    return (
      <p className="empty">
        Send a message. This panel then shows each part of the prompt that the model was sent for the reply, what it
        takes of the window, and where it came from.
      </p>
    )
  }
  if (turn.prompt === undefined) {
    return (
      <p className="empty">
        The server has no prompt of this turn. It keeps the last 20 of a session in memory, of chats that asked it to
        explain theirs, as those of this page do. "Would be sent now" shows the prompt of the message that you are
        writing.
      </p>
    )
  }
  return <Explained key={turn.key} prompt={turn.prompt} selection={{ agent, session, user }} />
}

export const PromptPanel = (props: PanelProps) => {
  const [isNow, setNow] = useState(false)
  return (
    <div className="panel">
      <Switch label="Which prompt" off="Sent" on="Would be sent now" isOn={isNow} onChange={setNow} />
      {isNow ? <WouldSend {...props} /> : <OfTurn {...props} />}
    </div>
  )
}
