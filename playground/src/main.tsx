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

// A file that is dropped beside the docs would take the place of the page.
for (const name of ["dragover", "drop"] as const) {
  addEventListener(name, (event) => {
    if (event.dataTransfer?.types.includes("Files") === true) event.preventDefault()
  })
}

const root = document.getElementById("root")
if (root === null) throw new Error("The page has no element #root")
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>
)
