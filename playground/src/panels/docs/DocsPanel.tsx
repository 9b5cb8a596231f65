/** The docs of the agent and of the user: search, files to add, their jobs. */
import { useState } from "react"
import type { PanelProps } from "../Panel.js"
import { Switch } from "../parts/Switch.js"
import { AddDocs } from "./AddDocs.js"
import { DocList } from "./DocList.js"
import { DocSearch } from "./DocSearch.js"
import { ownersOf } from "./docs.js"

export const DocsPanel = ({ agent, session, user }: PanelProps) => {
  const owners = ownersOf({ agent, user })
  const [ofUser, setOfUser] = useState(false)
  const owner = (ofUser ? owners.find(({ user_id }) => user_id !== undefined) : undefined) ?? owners[0]
  if (owner === undefined) return <p className="empty">Select an agent or a user, or create one.</p>
  const key = owner.agent_id ?? owner.user_id
  const isOfUser = owner.user_id !== undefined
  const selection = { agent, session, user }
  return (
    <div className="panel">
      {owners.length < 2 ? (
        <p className="hint">Docs of the {isOfUser ? "user" : "agent"}</p>
      ) : (
        <Switch label="Whose docs" off="Docs of the agent" on="Docs of the user" isOn={isOfUser} onChange={setOfUser} />
      )}
      <AddDocs key={`add ${key}`} owner={owner}>
        <DocSearch owner={owner} selection={selection}>
          <DocList owner={owner} selection={selection} />
        </DocSearch>
      </AddDocs>
    </div>
  )
}
