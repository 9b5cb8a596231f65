/** The value of an atom of an effect: while it loads, when it failed, and when it is there. */
import { Result } from "@effect-atom/atom-react"
import type { ReactNode } from "react"
import { Failure } from "../../components/Failure.js"

export interface LoadedProps<A, E> {
  readonly result: Result.Result<A, E>
  readonly retry?: (() => void) | undefined
  readonly children: (value: A) => ReactNode
}

export const Loaded = <A, E>({ children, result, retry }: LoadedProps<A, E>) => {
  if (Result.isSuccess(result)) return <>{children(result.value)}</>
  if (Result.isFailure(result) && !result.waiting) return <Failure cause={result.cause} retry={retry} />
  return (
    <p className="hint" role="status">
      Loading
    </p>
  )
}
