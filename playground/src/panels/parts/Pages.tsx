/** A list that is read a page at a time. */
import { Result } from "@effect-atom/atom-react"
import * as Cause from "effect/Cause"
import type { ReactNode } from "react"
import { Failure } from "../../components/Failure.js"

export interface PagesProps<A, E> {
  readonly label: string
  /** The size of a page. A shorter one is the last. */
  readonly page: number
  /** A value of `Atom.pull`, which fails with `NoSuchElementException` where there is nothing. */
  readonly result: Result.Result<{ readonly done: boolean; readonly items: ReadonlyArray<A> }, E>
  readonly onMore: () => void
  readonly retry: () => void
  readonly empty: ReactNode
  readonly children: (item: A) => ReactNode
}

const isEmpty = (cause: Cause.Cause<unknown>): boolean => Cause.isNoSuchElementException(Cause.squash(cause))

export const Pages = <A, E>({ children, empty, label, onMore, page, result, retry }: PagesProps<A, E>) => {
  if (Result.isFailure(result) && !result.waiting) {
    return isEmpty(result.cause) ? <p className="empty">{empty}</p> : <Failure cause={result.cause} retry={retry} />
  }
  if (!Result.isSuccess(result)) {
    return (
      <p className="hint" role="status">
        Loading
      </p>
    )
  }
  const { done, items } = result.value
  return (
    <>
      <ul className="parts" aria-label={label}>
        {items.map(children)}
      </ul>
      {done || items.length % page !== 0 ? null : (
        <button type="button" disabled={result.waiting} onClick={onMore}>
          Show more
        </button>
      )}
    </>
  )
}
