/** A button that sends again, which waits as long as the server asks for. */
import { useEffect, useState } from "react"

/** How many seconds are left until a time, counted down. */
const useSecondsUntil = (time: number): number => {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    if (now >= time) return
    const timer = setTimeout(() => setNow(Date.now()), Math.min(1000, time - now))
    return () => clearTimeout(timer)
  }, [now, time])
  return Math.max(0, Math.ceil((time - now) / 1000))
}

export const RetryButton = ({
  label,
  onClick,
  until = 0
}: {
  readonly label: string
  readonly onClick: () => void
  /** The time, in milliseconds, before which the server will refuse again. Default: none. */
  readonly until?: number | undefined
}) => {
  const seconds = useSecondsUntil(until)
  return (
    <button type="button" onClick={onClick} disabled={seconds > 0}>
      {seconds > 0 ? `${label} in ${seconds} s` : label}
    </button>
  )
}
