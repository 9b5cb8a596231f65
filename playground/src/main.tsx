/** Starts the page. */
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { App } from "./App.js"
import { takeKeyFromAddress } from "./key.js"

// Before anything that could read, show or report the address.
takeKeyFromAddress()
// An address with another key may be entered in the tab of the page, which does not load it anew.
addEventListener("hashchange", () => {
  takeKeyFromAddress()
  location.reload()
})

const root = document.getElementById("root")
if (root === null) throw new Error("The page has no element #root")
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>
)
