/** Keeps the end of a conversation in view while it grows, unless its reader has scrolled up. */
import { type RefObject, useLayoutEffect, useRef } from "react"

/** How far from the end, in pixels, still is the end. */
const SLACK = 24

/** `key`: what is shown. Another one begins at its end. */
export const useStickToBottom = (key: unknown): RefObject<HTMLDivElement | null> => {
  const scroller = useRef<HTMLDivElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another key is another content
  useLayoutEffect(() => {
    const { current } = scroller
    if (current === null) return
    let sticks = true
    const toEnd = () => {
      if (sticks) current.scrollTop = current.scrollHeight
    }
    const onScroll = () => {
      sticks = current.scrollHeight - current.scrollTop - current.clientHeight <= SLACK
    }
    const observer = new ResizeObserver(toEnd)
    for (const element of [current, ...current.children]) observer.observe(element)
    current.addEventListener("scroll", onScroll, { passive: true })
    toEnd()
    return () => {
      observer.disconnect()
      current.removeEventListener("scroll", onScroll)
    }
  }, [key])
  return scroller
}
