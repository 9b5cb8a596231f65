/** One choice of two views. */
export interface SwitchProps {
  /** What is chosen, for screen readers. */
  readonly label: string
  readonly off: string
  readonly on: string
  readonly isOn: boolean
  readonly onChange: (isOn: boolean) => void
}

export const Switch = ({ isOn, label, off, on, onChange }: SwitchProps) => (
  <fieldset aria-label={label} className="choices">
    <button type="button" aria-pressed={!isOn} onClick={() => onChange(false)}>
      {off}
    </button>
    <button type="button" aria-pressed={isOn} onClick={() => onChange(true)}>
      {on}
    </button>
  </fieldset>
)
