interface Watched {
  readonly stops: Set<() => void>
  readonly listener: () => void
}

const watched = new WeakMap<AbortSignal, Watched>()

const watch = (signal: AbortSignal): Watched => {
  const stops = new Set<() => void>()
  const listener = () => {
    watched.delete(signal)
    for (const stop of stops) stop()
  }
  const made = { stops, listener }
  watched.set(signal, made)
  signal.addEventListener("abort", listener, { once: true })
  return made
}

/**
 * Runs `stop` when the signal is aborted; the returned function cancels that. All calls that share a signal share one
 * listener, because Node warns about an eleventh, and the last call to end removes it.
 */
export const onAbort = (signal: AbortSignal, stop: () => void): (() => void) => {
  const { listener, stops } = watched.get(signal) ?? watch(signal)
  stops.add(stop)
  return () => {
    stops.delete(stop)
    if (stops.size > 0 || watched.get(signal)?.stops !== stops) return
    watched.delete(signal)
    signal.removeEventListener("abort", listener)
  }
}
