/** Creates a session, or edits what can change of one. */
import type { AgentId, Session, UserId } from "effect-julep"
import { useState } from "react"
import { createSession, saveSession } from "../state/sessions.js"
import { Checkbox, TextArea } from "./Field.js"
import { FormDialog } from "./FormDialog.js"
import { JsonField, jsonOf, jsonText } from "./JsonField.js"
import { useSubmit } from "./useSubmit.js"

const Situation = (props: { readonly value: string; readonly onChange: (value: string) => void }) => (
  <TextArea
    label="Situation"
    {...props}
    rows={5}
    placeholder="What the conversation is about: the first part of each prompt"
  />
)

export interface NewSessionFormProps {
  readonly agent: AgentId
  readonly user: UserId | undefined
  readonly onCreate: () => void
  readonly onClose: () => void
}

export const NewSessionForm = ({ agent, onClose, onCreate, user }: NewSessionFormProps) => {
  const [situation, setSituation] = useState("")
  const [isTemplate, setIsTemplate] = useState(false)
  const [metadata, setMetadata] = useState("")
  const submitting = useSubmit(createSession, () => {
    onClose()
    onCreate()
  })
  const data = jsonOf(metadata)
  return (
    <FormDialog
      title="New session"
      action="Create"
      {...submitting}
      input={
        data === undefined
          ? undefined
          : { agent_id: agent, user_id: user, situation, metadata: data, render_templates: isTemplate }
      }
      onClose={onClose}
    >
      <Situation value={situation} onChange={setSituation} />
      <Checkbox
        label="Render templates such as {{ user.name }}, here and in the texts of the agent"
        isOn={isTemplate}
        onChange={setIsTemplate}
      />
      <JsonField label="Metadata, as JSON" value={metadata} onChange={setMetadata} />
    </FormDialog>
  )
}

export const SessionForm = ({ onClose, session }: { readonly session: Session; readonly onClose: () => void }) => {
  const [situation, setSituation] = useState(session.situation ?? "")
  const [metadata, setMetadata] = useState(jsonText(session.metadata))
  const submitting = useSubmit(saveSession, onClose)
  const data = jsonOf(metadata)
  return (
    <FormDialog
      title="Edit session"
      action="Save"
      of={session.id}
      {...submitting}
      input={data === undefined ? undefined : { id: session.id, input: { situation, metadata: data } }}
      onClose={onClose}
    >
      <Situation value={situation} onChange={setSituation} />
      {session.render_templates === true ? <p className="hint">Its templates are rendered.</p> : null}
      <JsonField label="Metadata, as JSON" value={metadata} onChange={setMetadata} />
    </FormDialog>
  )
}
