/** Creates a user, or edits one. */
import type { User } from "effect-julep"
import { useState } from "react"
import { saveUser } from "../state/users.js"
import { TextArea, TextField } from "./Field.js"
import { FormDialog } from "./FormDialog.js"
import { JsonField, jsonOf, jsonText } from "./JsonField.js"
import { useSubmit } from "./useSubmit.js"

export const UserForm = ({ onClose, user }: { readonly user: User | undefined; readonly onClose: () => void }) => {
  const [name, setName] = useState(user?.name ?? "")
  const [about, setAbout] = useState(user?.about ?? "")
  const [metadata, setMetadata] = useState(jsonText(user?.metadata))
  const submitting = useSubmit(saveUser, onClose)
  const data = jsonOf(metadata)
  const isWhole = name.trim() !== "" && data !== undefined
  return (
    <FormDialog
      title={user === undefined ? "New user" : `Edit ${user.name}`}
      action={user === undefined ? "Create" : "Save"}
      of={user?.id}
      {...submitting}
      input={isWhole ? { id: user?.id, input: { name: name.trim(), about, metadata: data } } : undefined}
      onClose={onClose}
    >
      <TextField label="Name" value={name} onChange={setName} isRequired />
      <TextArea
        label="About"
        value={about}
        onChange={setAbout}
        rows={4}
        placeholder="What agents should know of this user"
      />
      <details>
        <summary>Metadata</summary>
        <JsonField label="Metadata, as JSON" value={metadata} onChange={setMetadata} />
      </details>
    </FormDialog>
  )
}
