import type { ReactNode } from "react"

/** Only these do no more than to show a page or to write a mail. */
const isSafe = (href: string): boolean =>
  URL.canParse(href) && ["http:", "https:", "mailto:"].includes(new URL(href).protocol)

/** A link to another page, in a tab of its own; any other address is a text. */
export const SafeLink = ({ children, href }: { readonly href: string; readonly children: ReactNode }) =>
  isSafe(href) ? (
    <a href={href} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  ) : (
    <span title={href}>{children}</span>
  )
