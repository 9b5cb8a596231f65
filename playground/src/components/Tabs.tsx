/** Tabs, with the keys of the ARIA pattern: arrows, Home and End move between them. */
import { type KeyboardEvent, type ReactNode, useId, useRef } from "react"

export interface TabsProps {
  /** What the tabs are of, for screen readers. */
  readonly label: string
  readonly names: ReadonlyArray<string>
  readonly selected: number
  readonly onSelect: (index: number) => void
  /** The content of the selected tab. */
  readonly children: ReactNode
}

export const Tabs = ({ children, label, names, onSelect, selected }: TabsProps) => {
  const id = useId()
  const list = useRef<HTMLDivElement>(null)
  const move = (event: KeyboardEvent) => {
    const last = names.length - 1
    const targets: Record<string, number> = {
      ArrowRight: selected === last ? 0 : selected + 1,
      ArrowLeft: selected === 0 ? last : selected - 1,
      Home: 0,
      End: last
    }
    const target = targets[event.key]
    if (target === undefined) return
    event.preventDefault()
    onSelect(target)
    list.current?.querySelectorAll<HTMLElement>("[role=tab]")[target]?.focus()
  }
  return (
    <div className="tabs">
      <div role="tablist" aria-label={label} ref={list} onKeyDown={move}>
        {names.map((name, index) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`${id}-tab-${index}`}
            aria-selected={index === selected}
            aria-controls={`${id}-panel`}
            tabIndex={index === selected ? 0 : -1}
            onClick={() => onSelect(index)}
          >
            {name}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-tab-${selected}`} className="tab-panel">
        {children}
      </div>
    </div>
  )
}
