import { useState } from "react"
import { TextField } from "./Field.js"

/** A number that is left out while its field is empty. The client says what is wrong with any other. */
export const NumberField = (props: {
  readonly label: string
  readonly placeholder: string
  readonly value: number | undefined
  readonly onChange: (value: number | undefined) => void
}) => {
  const { label, onChange, placeholder, value } = props
  const [text, setText] = useState(value === undefined ? "" : String(value))
  const change = (next: string) => {
    setText(next)
    const number = Number(next.replace(",", "."))
    onChange(next.trim() === "" || Number.isNaN(number) ? undefined : number)
  }
  const isWrong = text.trim() !== "" && Number.isNaN(Number(text.replace(",", ".")))
  return (
    <TextField
      label={label}
      value={text}
      onChange={change}
      placeholder={placeholder}
      inputMode="decimal"
      isWrong={isWrong}
      hint={isWrong ? "It must be a number." : undefined}
    />
  )
}
