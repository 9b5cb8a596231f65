/** The memories of an agent: about the selected user, or about all. */
import { Result, useAtom, useAtomMount, useAtomRefresh } from "@effect-atom/atom-react"
import type { AgentId, Memory } from "effect-julep"
import { type FormEvent, useId, useState } from "react"
import { Failure } from "../../components/Failure.js"
import { firstLine } from "../../components/format.js"
import { following } from "../../state/jobs.js"
import type { Selection } from "../../state/selection.js"
import type { PanelProps } from "../Panel.js"
import { DeleteButton } from "../parts/DeleteButton.js"
import { Pages } from "../parts/Pages.js"
import { Time } from "../parts/Time.js"
import { SourceLink } from "../source/SourceLink.js"
import { createMemory, deleteMemory, memoriesOf, PAGE, Wanted } from "./memories.js"

const Item = ({ memory, selection }: { readonly memory: Memory; readonly selection: Selection }) => {
  const { agent_id, content, created_at, id, last_accessed_at, source_message_ids, timestamp } = memory
  const sources = source_message_ids ?? []
  return (
    <li className="part">
      <p className="text">{content}</p>
      <div className="part-head hint">
        <Time at={timestamp ?? created_at} />
        {last_accessed_at == null ? null : (
          <span>
            recalled <Time at={last_accessed_at} />
          </span>
        )}
        {sources.map((message, index) => (
          <SourceLink
            key={message}
            source={{ kind: "message", id: message }}
            selection={selection}
            title={sources.length === 1 ? "from this message" : `message ${index + 1}`}
          />
        ))}
        <span className="end">
          <DeleteButton
            what={`the memory "${firstLine(content).slice(0, 60)}"`}
            consequence="Its messages stay in the history, and are not recalled any more."
            id={{ agent_id, memory_id: id }}
            remove={deleteMemory}
          />
        </span>
      </div>
    </li>
  )
}

const Create = ({ agent, user }: { readonly agent: AgentId; readonly user: NonNullable<PanelProps["user"]> }) => {
  const id = useId()
  const [content, setContent] = useState("")
  const [result, create] = useAtom(createMemory, { mode: "promiseExit" })
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const made = await create({ agent_id: agent, user_id: user, content })
    if (made._tag === "Success") setContent("")
  }
  return (
    <form className="toolbar" onSubmit={submit}>
      <label className="visually-hidden" htmlFor={id}>
        A statement to remember about the user
      </label>
      <input
        id={id}
        placeholder="Remember about this user"
        value={content}
        maxLength={2000}
        onChange={({ target }) => setContent(target.value)}
      />
      <button type="submit" disabled={content.trim() === "" || result.waiting}>
        Remember
      </button>
      {Result.isFailure(result) ? <Failure cause={result.cause} /> : null}
    </form>
  )
}

const List = ({ agent, session, user }: PanelProps & { readonly agent: AgentId }) => {
  const search = useId()
  const [query, setQuery] = useState("")
  const wanted = memoriesOf(new Wanted({ agent_id: agent, user_id: user, query: query.trim() }))
  const [result, more] = useAtom(wanted)
  const refresh = useAtomRefresh(wanted)
  // The jobs of chats form memories.
  useAtomMount(following)
  return (
    <div className="panel">
      <div className="toolbar">
        <label className="visually-hidden" htmlFor={search}>
          Search the memories
        </label>
        <input
          id={search}
          type="search"
          placeholder="Search, as a chat would"
          value={query}
          onChange={({ target }) => setQuery(target.value)}
        />
        <button type="button" onClick={refresh}>
          Refresh
        </button>
      </div>
      {user === undefined ? null : <Create agent={agent} user={user} />}
      <Pages
        label="Memories"
        page={PAGE}
        result={result}
        onMore={more}
        retry={refresh}
        empty={
          query.trim() === ""
            ? "Nothing yet. A job notes what a user says about themselves after each turn of a session with a user."
            : "No memory matches."
        }
      >
        {(memory) => <Item key={memory.id} memory={memory} selection={{ agent, session, user }} />}
      </Pages>
    </div>
  )
}

export const MemoriesPanel = (props: PanelProps) =>
  props.agent === undefined ? (
    <p className="empty">Select an agent, or create one.</p>
  ) : (
    <List key={`${props.agent} ${props.user}`} {...props} agent={props.agent} />
  )
