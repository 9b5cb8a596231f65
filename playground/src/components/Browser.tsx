/** The left side: agents, users and sessions, with the dialogs that change them. */
import { Result, useAtom, useAtomValue } from "@effect-atom/atom-react"
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
import { NewSessionForm, SessionForm } from "./SessionForm.js"
import { UserForm } from "./UserForm.js"
import { useSubmit } from "./useSubmit.js"

const nothing = { items: [] }

const sessionTitle = ({ created_at, situation }: Session): string => firstLine(situation) || formatTime(created_at)

export const Browser = ({ onOpen }: { readonly onOpen: () => void }) => {
  const [selected, select] = useAtom(selection)
  const creating = useSubmit(createSession, onOpen)
  const [dialog, setDialog] = useState<ReactNode>(null)
  const close = () => setDialog(null)
  const { agent, user } = selected

  const known = {
    agents: Result.getOrElse(useAtomValue(agents), () => nothing).items,
    users: Result.getOrElse(useAtomValue(users), () => nothing).items
  }
  /** Who is in a session, beside who is selected, as far as the lists show them. */
  const speakersOf = ({ agent_id, user_id }: Session): string =>
    [
      agent === undefined ? known.agents.find(({ id }) => id === agent_id)?.name : undefined,
      user === undefined ? known.users.find(({ id }) => id === user_id)?.name : undefined
    ]
      .filter((name) => name !== undefined)
      .join(", ")

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
          detail: speakersOf(item)
        })}
        selected={selected.session}
        onSelect={({ agent_id, id, user_id }) => {
          select({ agent: agent_id, user: user_id ?? undefined, session: id })
          onOpen()
        }}
        create={{
          label: agent === undefined ? "New session: select an agent first" : "New session",
          run: agent === undefined ? undefined : () => creating.submit({ agent_id: agent, user_id: user }),
          cause: creating.cause
        }}
        createWith={{
          label: "Session with a situation",
          run:
            agent === undefined
              ? undefined
              : () => setDialog(<NewSessionForm agent={agent} user={user} onCreate={onOpen} onClose={close} />)
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
