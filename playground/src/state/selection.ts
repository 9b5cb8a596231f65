/** What is selected. It is in the address, so that a reload, the history and a copied address lead to the same place. */
import { Atom } from "@effect-atom/atom-react"
import * as Schema from "effect/Schema"
import { AgentId, SessionId, UserId } from "effect-julep"

export interface Selection {
  readonly agent: AgentId | undefined
  readonly user: UserId | undefined
  readonly session: SessionId | undefined
}

const isAgent = Schema.is(AgentId)
const isUser = Schema.is(UserId)
const isSession = Schema.is(SessionId)

const read = (): Selection => {
  const given = new URLSearchParams(location.search)
  const [agent, user, session] = [given.get("agent"), given.get("user"), given.get("session")]
  return {
    agent: isAgent(agent) ? agent : undefined,
    user: isUser(user) ? user : undefined,
    session: isSession(session) ? session : undefined
  }
}

const addressOf = (selection: Selection): string => {
  const query = new URLSearchParams()
  for (const [name, id] of Object.entries(selection)) {
    if (id !== undefined) query.set(name, id)
  }
  return query.size === 0 ? location.pathname : `${location.pathname}?${query}`
}

/** The selection. To write it adds an entry to the history of the tab. */
export const selection: Atom.Writable<Selection> = Atom.keepAlive(
  Atom.writable(
    (get): Selection => {
      const restore = () => get.setSelf(read())
      addEventListener("popstate", restore)
      get.addFinalizer(() => removeEventListener("popstate", restore))
      return read()
    },
    (context, next: Selection) => {
      if (addressOf(next) === addressOf(context.get(selection))) return
      history.pushState(null, "", addressOf(next))
      context.setSelf(next)
    }
  )
)
