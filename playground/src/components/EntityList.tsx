/** A list of the left side: search, create, and rows to select, edit and delete. Arrow keys move between the rows. */
import { type Atom, Result, useAtom, useAtomRefresh, useAtomValue } from "@effect-atom/atom-react"
import type * as Cause from "effect/Cause"
import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from "react"
import { type Listed, PAGE, type Shown } from "../state/lists.js"
import { Failure } from "./Failure.js"
import { IconButton } from "./icons.js"

export interface Row<A> {
  readonly item: A
  readonly id: string
  readonly title: string
  readonly detail: string
}

/** The button that creates one. */
export interface Create {
  readonly label: string
  /** What it does; undefined while it cannot. */
  readonly run: (() => void) | undefined
  /** Why it failed. */
  readonly cause?: Cause.Cause<unknown> | undefined
}

export interface EntityListProps<A> {
  /** Plural, such as "Agents". */
  readonly label: string
  readonly list: Atom.Atom<Result.Result<Listed<A>, unknown>>
  readonly shown: Atom.Writable<Shown>
  readonly rowOf: (item: A) => Row<A>
  readonly selected: string | undefined
  readonly onSelect: (item: A) => void
  readonly create: Create
  /** The button that asks for more before it creates one. */
  readonly createWith?: Create | undefined
  readonly onEdit: (item: A) => void
  readonly onDelete: (item: A) => void
  /** What to do while there are none. */
  readonly empty: ReactNode
}

/** Rows with their places in the order of the focus: the Tab key stops at one row alone, the first of these that is there. */
const rowsOf = <A,>(rows: ReadonlyArray<Row<A>>, wanted: ReadonlyArray<string | undefined>) => {
  const stop = wanted.find((id) => rows.some((row) => row.id === id)) ?? rows[0]?.id
  return rows.map((row) => ({ ...row, tabIndex: row.id === stop ? 0 : -1 }))
}

const moveFocus = (list: HTMLElement | null, event: KeyboardEvent) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (step === undefined || list === null) return
  const rows = [...list.querySelectorAll<HTMLElement>(".row-select")]
  const current = rows.findIndex((row) => row.closest("li")?.contains(document.activeElement))
  event.preventDefault()
  rows[current === -1 ? 0 : current + step]?.focus()
}

export const EntityList = <A,>(props: EntityListProps<A>) => {
  const { create, createWith, empty, label, onDelete, onEdit, onSelect, rowOf, selected } = props
  const result = useAtomValue(props.list)
  const refresh = useAtomRefresh(props.list)
  const [{ most, search }, setShown] = useAtom(props.shown)
  const heading = useId()
  const list = useRef<HTMLUListElement>(null)
  const [focused, setFocused] = useState<string>()
  return (
    <section className="entities" aria-labelledby={heading}>
      <header>
        <h2 id={heading}>{label}</h2>
        <input
          type="search"
          aria-label={`Search ${label.toLowerCase()}`}
          placeholder="Search"
          value={search}
          onChange={({ target }) => setShown({ search: target.value, most: PAGE })}
        />
        {createWith === undefined ? null : (
          <IconButton
            icon="settings"
            label={createWith.label}
            onClick={createWith.run}
            disabled={createWith.run === undefined}
          />
        )}
        <IconButton icon="add" label={create.label} onClick={create.run} disabled={create.run === undefined} />
      </header>
      {create.cause === undefined ? null : <Failure cause={create.cause} />}
      {Result.builder(result)
        .onFailure((cause) => <Failure cause={cause} retry={refresh} />)
        .onSuccess(({ hasMore, items }) => (
          <>
            {items.length > 0 ? null : (
              <p className="empty">{search.trim() === "" ? empty : "Nothing has these words."}</p>
            )}
            <ul ref={list} onKeyDown={(event) => moveFocus(list.current, event)}>
              {rowsOf(items.map(rowOf), [focused, selected]).map(({ detail, id, item, tabIndex, title }) => (
                <li key={id} className="row" data-selected={id === selected} onFocus={() => setFocused(id)}>
                  <button
                    type="button"
                    className="row-select"
                    tabIndex={tabIndex}
                    aria-pressed={id === selected}
                    onClick={() => onSelect(item)}
                  >
                    <span className="row-title">{title}</span>
                    {detail === "" ? null : <span className="row-detail">{detail}</span>}
                  </button>
                  <span className="row-actions">
                    <IconButton icon="edit" label={`Edit ${title}`} tabIndex={tabIndex} onClick={() => onEdit(item)} />
                    <IconButton
                      icon="delete"
                      label={`Delete ${title}`}
                      tabIndex={tabIndex}
                      onClick={() => onDelete(item)}
                    />
                  </span>
                </li>
              ))}
            </ul>
            {hasMore ? (
              <button type="button" className="plain" onClick={() => setShown({ search, most: most + PAGE })}>
                More {label.toLowerCase()}
              </button>
            ) : null}
          </>
        ))
        .render()}
    </section>
  )
}
