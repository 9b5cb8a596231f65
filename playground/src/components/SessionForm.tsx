/** Edits what can change of a session. */
import type { Session } from "effect-julep"
import { useState } from "react"
import { saveSession } from "../state/sessions.js"
import { TextArea } from "./Field.js"
import { FormDialog } from "./FormDialog.js"
import { JsonField, jsonOf, jsonText } from "./JsonField.js"
import { useSubmit } from "./useSubmit.js"

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
      <TextArea
        label="Situation"
        value={situation}
        onChange={setSituation}
        rows={5}
        placeholder="What the conversation is about: the first part of each prompt"
      />
      <JsonField label="Metadata, as JSON" value={metadata} onChange={setMetadata} />
    </FormDialog>
  )
}
