/** Scrolls to a message of the conversation. Returns whether it is on the page. */
export const reveal = (id: string): boolean => {
  const message = document.getElementById(`message-${id}`)
  if (message === null || !message.checkVisibility()) return false
  message.scrollIntoView({ block: "center" })
  message.focus()
  return true
}
