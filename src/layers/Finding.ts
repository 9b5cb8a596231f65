/** What was found, and what to do about it unless it is in order. */
export interface Finding {
  readonly what: string
  readonly state: "ok" | "warning" | "problem"
  readonly message: string
}

export const finding = (what: string, state: Finding["state"], message: string): Finding => ({ what, state, message })
