/** The left side: agents, users and sessions, with the dialogs that change them. */
import { useAtom, useAtomSet } from "@effect-atom/atom-react"
import type { Agent, Session, User } from "effect-julep"
import { type ReactNode, useState } from "react"
import { agents, deleteAgent, shownAgents } from "../state/agents.js"
import { selection } from "../state/selection.js"
import { createSession, deleteSession, sessions, shownSessions } from "../state/sessions.js"
import { deleteUser, shownUsers, users } from "../state/users.js"
import { AgentForm } from "./AgentForm.js"
import { ConfirmDelete } from "./ConfirmDelete.js"
import { EntityList } from "./EntityList.js"
import { firstLine, formatTime } from "./format.js"
import { SessionForm } from "./SessionForm.js"
import { UserForm } from "./UserForm.js"

const sessionTitle = ({ created_at, situation }: Session): string => firstLine(situation) || formatTime(created_at)

export const Browser = ({ onOpen }: { readonly onOpen: () => void }) => {
  const [selected, select] = useAtom(selection)
  const create = useAtomSet(createSession)
  const [dialog, setDialog] = useState<ReactNode>(null)
  const close = () => setDialog(null)
  const { agent, user } = selected

  const removeAgent = ({ id, name }: Agent) => (
    <ConfirmDelete
      what={`the agent ${name}`}
      consequence="Its sessions, docs, tools and memories go with it."
      id={id}
      remove={deleteAgent}
      onClose={close}
    />
  )
  const removeUser = ({ id, name }: User) => (
    <ConfirmDelete
      what={`the user ${name}`}
      consequence="Their sessions, docs and memories go with them."
      id={id}
      remove={deleteUser}
      onClose={close}
    />
  )
  const removeSession = ({ id }: Session) => (
    <ConfirmDelete
      what="the session"
      consequence="Its history goes with it; the memories stay."
      id={id}
      remove={deleteSession}
      onClose={close}
    />
  )
  const start = () => {
    if (agent === undefined) return
    create({ agent_id: agent, user_id: user })
    onOpen()
  }
  return (
    <>
      <EntityList
        label="Agents"
        list={agents}
        shown={shownAgents}
        rowOf={(item) => ({ item, id: item.id, title: item.name, detail: firstLine(item.about) })}
        selected={agent}
        onSelect={({ id }) => select({ ...selected, agent: id === agent ? undefined : id, session: undefined })}
        create={{ label: "New agent", run: () => setDialog(<AgentForm agent={undefined} onClose={close} />) }}
        onEdit={(item) => setDialog(<AgentForm agent={item} onClose={close} />)}
        onDelete={(item) => setDialog(removeAgent(item))}
        empty="Create an agent to talk with."
      />
      <EntityList
        label="Users"
        list={users}
        shown={shownUsers}
        rowOf={(item) => ({ item, id: item.id, title: item.name, detail: firstLine(item.about) })}
        selected={user}
        onSelect={({ id }) => select({ ...selected, user: id === user ? undefined : id, session: undefined })}
        create={{ label: "New user", run: () => setDialog(<UserForm user={undefined} onClose={close} />) }}
        onEdit={(item) => setDialog(<UserForm user={item} onClose={close} />)}
        onDelete={(item) => setDialog(removeUser(item))}
        empty="An agent remembers users. Without one, a session has no memories of its own."
      />
      <EntityList
        label="Sessions"
        list={sessions}
        shown={shownSessions}
        rowOf={(item) => ({
          item,
          id: item.id,
          title: sessionTitle(item),
          detail: firstLine(item.situation) === "" ? "" : formatTime(item.created_at)
        })}
        selected={selected.session}
        onSelect={({ agent_id, id, user_id }) => {
          select({ agent: agent_id, user: user_id ?? undefined, session: id })
          onOpen()
        }}
        create={{
          label: agent === undefined ? "New session: select an agent first" : "New session",
          run: agent === undefined ? undefined : start
        }}
        onEdit={(item) => setDialog(<SessionForm session={item} onClose={close} />)}
        onDelete={(item) => setDialog(removeSession(item))}
        empty={
          agent === undefined ? "Select an agent, then start a session." : "Start a session with the button above."
        }
      />
      {dialog}
    </>
  )
}
